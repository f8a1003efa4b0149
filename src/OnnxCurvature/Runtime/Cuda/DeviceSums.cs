using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Cuda;

/// <summary>
/// Weighted sums of what batches give, Σ_b w_b x_b, in float64 in the memory of a device, from which they come when they are asked for.
/// They are exact: each is held as an unevaluated sum of several numbers, and an addition that leaves something of the last of them makes
/// a further one. On the host they would be the same (<c>ExactSum</c>), but all results would have to be copied there for every batch,
/// while the device waits.
/// </summary>
internal sealed class DeviceSums(ImmutableArray<NamedValue> outputs, OrtSettings settings) : IDisposable
{
    /// <summary>Parts of a sum at first; most sums need no more.</summary>
    private const int FirstParts = 2;

    private readonly List<OrtValue[]> _parts = [];
    private readonly DeviceConcat _copies = new(settings);
    private OrtProgram? _program;

    /// <summary>Where the nodes that add up run.</summary>
    public NodePlacement? Placement { get; private set; }

    /// <summary>Whether anything was added.</summary>
    public bool HoldsSums => _parts.Count > 0;

    /// <summary>Adds what a batch gave.</summary>
    /// <param name="values">The batch's outputs, in order.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The first output that holds NaN or infinity, or −1.</returns>
    public int Take(IReadOnlyList<OrtValue> values, IReadOnlyList<double> weights, CancellationToken cancellation)
    {
        while (_parts.Count < FirstParts)
            _parts.Add([.. values.Select(value => OrtTensors.Zeros(OrtTensors.Shape(value)))]);
        _program ??= Create();
        Placement ??= _program.Placement;
        var count = outputs.Length;
        OrtValue[] scalars = [.. weights.Select(OrtTensors.Scalar)];
        var onDevice = count * (_parts.Count + 1);
        var results = _program.Run(
            [
                .. Enumerable
                    .Range(0, count)
                    .SelectMany(index => (OrtValue[])[values[index], scalars[index], .. _parts.Select(part => part[index])]),
            ],
            index => index >= onDevice,
            cancellation
        );
        foreach (var value in _parts.SelectMany(part => part).Concat(scalars))
            value.Dispose();
        for (var part = 0; part < _parts.Count; part++)
            _parts[part] = [.. results.Skip(part * count).Take(count)];
        OrtValue[] rests = [.. results.Skip(_parts.Count * count).Take(count)];
        OrtValue[] finite = [.. results.Skip(onDevice).Take(count)];
        OrtValue[] left = [.. results.Skip(onDevice + count)];
        var found = Array.FindIndex(finite, check => !OrtTensors.IsFinite(check));
        var isLeft = found < 0 && left.Any(check => OrtTensors.Doubles(check)[0] != 0);
        foreach (var value in finite.Concat(left).Concat(isLeft ? [] : rests))
            value.Dispose();
        if (!isLeft)
            return found;
        _parts.Add(rests);
        _program.Dispose();
        _program = null;
        return found;
    }

    /// <summary>The numbers on the host whose sum is that of an output so far, and their shape.</summary>
    public (long[] Shape, IEnumerable<double[]> Parts) Of(int output, CancellationToken cancellation)
    {
        return (OrtTensors.Shape(_parts[0][output]), Read());

        IEnumerable<double[]> Read()
        {
            foreach (var part in _parts)
            {
                using var copy = _copies.Join([part[output]], stacked: true, onHost: true, cancellation);
                yield return OrtTensors.Doubles(copy);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var value in _parts.SelectMany(part => part))
            value.Dispose();
        _program?.Dispose();
        _copies.Dispose();
    }

    /// <summary>
    /// A program that adds to so many parts. Its outputs are the parts, what is left of each sum, a check that is zero for finite numbers,
    /// and the size of what is left.
    /// </summary>
    private OrtProgram Create()
    {
        var b = new GraphBuilder();
        var parameters = new List<Value>();
        var parts = _parts.Select(_ => new List<NamedValue>()).ToArray();
        var (rests, finite, left) = (new List<NamedValue>(), new List<NamedValue>(), new List<NamedValue>());
        foreach (var (index, output) in outputs.Index())
        {
            var x = b.Parameter(output.Value.Type, $"value_{index}");
            var weight = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Scalar), $"weight_{index}");
            parameters.AddRange([x, weight]);
            var rest = Mul.Of(b, Cast.Of(b, x, ElementType.Float64), weight);
            for (var part = 0; part < parts.Length; part++)
            {
                var before = b.Parameter(x.Type with { Element = ElementType.Float64 }, $"part_{part}_{index}");
                parameters.Add(before);
                var sum = Add.Of(b, before, rest);
                var added = Sub(b, sum, before);
                rest = Add.Of(b, Sub(b, before, Sub(b, sum, added)), Sub(b, rest, added));
                parts[part].Add(new NamedValue($"new_part_{part}_{index}", sum));
            }
            rests.Add(new NamedValue($"rest_{index}", rest));
            // Zero for finite entries, NaN for others.
            finite.Add(new NamedValue($"check_{index}", ReduceSum.All(b, Sub(b, x, x))));
            left.Add(new NamedValue($"left_{index}", ReduceSum.All(b, Catalogue.Get<Abs>().Apply(b, [rest]).Output)));
        }
        return new OrtProgram(b.Build(parameters, [.. parts.SelectMany(part => part), .. rests, .. finite, .. left]), settings);
    }

    private static Value Sub(GraphBuilder b, Value x, Value y) => Catalogue.Get<Sub>().Apply(b, [x, y]).Output;
}
