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
/// Weighted sums of what batches give, Σ_b w_b x_b, in float64 in the memory of a device, from which they come once, with the last batch.
/// On the host they would be the same (<c>BatchJoin.Result</c>), but all results would have to be copied there for every batch, while the
/// device waits.
/// </summary>
internal sealed class DeviceSums : IDisposable
{
    private readonly OrtProgram _program;
    private readonly int _count;
    private OrtValue[]? _sums;

    /// <summary>Sums of <paramref name="outputs"/>, floating-point values that stay on the device.</summary>
    public DeviceSums(ImmutableArray<NamedValue> outputs, OrtSettings settings)
    {
        _count = outputs.Length;
        var b = new GraphBuilder();
        var (parameters, sums, checks) = (new List<Value>(), new List<NamedValue>(), new List<NamedValue>());
        foreach (var (index, output) in outputs.Index())
        {
            var x = b.Parameter(output.Value.Type, $"value_{index}");
            var sum = b.Parameter(x.Type with { Element = ElementType.Float64 }, $"sum_{index}");
            var weight = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Scalar), $"weight_{index}");
            parameters.AddRange([x, sum, weight]);
            sums.Add(new NamedValue($"new_sum_{index}", Add.Of(b, sum, Mul.Of(b, Cast.Of(b, x, ElementType.Float64), weight))));
            // Zero for finite entries, NaN for others.
            checks.Add(new NamedValue($"check_{index}", ReduceSum.All(b, Catalogue.Get<Sub>().Apply(b, [x, x]).Output)));
        }
        _program = new OrtProgram(b.Build(parameters, [.. sums, .. checks]), settings);
    }

    /// <summary>Where the nodes that add up run.</summary>
    public NodePlacement? Placement => _program.Placement;

    /// <summary>Adds what a batch gave.</summary>
    /// <param name="values">The batch's outputs, in order.</param>
    /// <param name="weights">Their weights.</param>
    /// <param name="last">Whether no other batch follows, so that the sums are to be readable on the host.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The first output that holds NaN or infinity, or −1.</returns>
    public int Take(IReadOnlyList<OrtValue> values, IReadOnlyList<double> weights, bool last, CancellationToken cancellation)
    {
        var before = _sums ??= [.. values.Select(value => OrtTensors.Zeros(OrtTensors.Shape(value)))];
        OrtValue[] scalars = [.. weights.Select(OrtTensors.Scalar)];
        var results = _program.Run(
            [.. Enumerable.Range(0, _count).SelectMany(index => new[] { values[index], before[index], scalars[index] })],
            index => last || index >= _count,
            cancellation
        );
        _sums = [.. results.Take(_count)];
        var found = Enumerable.Range(0, _count).FirstOrDefault(index => !OrtTensors.IsFinite(results[_count + index]), -1);
        foreach (var value in before.Concat(scalars).Concat(results.Skip(_count)))
            value.Dispose();
        return found;
    }

    /// <summary>The sums after the last batch, in the order of the outputs.</summary>
    public IReadOnlyList<OrtValue> Sums => _sums!;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var sum in _sums ?? [])
            sum.Dispose();
        _program.Dispose();
    }
}
