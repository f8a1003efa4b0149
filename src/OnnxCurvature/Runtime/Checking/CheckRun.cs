using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>Runs the program of a check for any number of probes, some at a time.</summary>
/// <param name="derivatives">The results that are derived.</param>
/// <param name="directions">How many directions at a time.</param>
/// <param name="rounding">How it rounds.</param>
/// <param name="batch">The inputs and the results of the run.</param>
/// <param name="settings">How sessions run.</param>
internal sealed class CheckRun(
    DirectionalDerivatives derivatives,
    int directions,
    CheckedRounding rounding,
    CheckedBatch batch,
    OrtSettings settings
) : IDisposable
{
    private readonly Program _program = derivatives.ProgramFor(directions, rounding, settings.Provider);
    private OrtProgram? _session;

    /// <summary>How many directions run at a time.</summary>
    public int Directions => directions;

    /// <summary>
    /// Derivatives along each of some probes in some variation: by the name of the output a row of numbers for each probe. An output that
    /// is zero is missing.
    /// </summary>
    public List<Dictionary<CheckedDerivatives, double[]>> Along(
        IReadOnlyList<(Probe Probe, Variation Variation)> probes,
        CancellationToken cancellation
    )
    {
        // No session starts for derivatives that are all zero, since it would compute nothing.
        if (_program.Outputs.IsEmpty)
            return [.. probes.Select(_ => new Dictionary<CheckedDerivatives, double[]>())];
        var results = new List<Dictionary<CheckedDerivatives, double[]>>();
        for (var start = 0; start < probes.Count; start += directions)
        {
            batch.Expect((long)derivatives.Values.Sum(BytesOf) * (derivatives.TakesPairs ? 2 : 1));
            cancellation.ThrowIfCancellationRequested();
            var some = probes.Skip(start).Take(directions).ToArray();
            SparseTensor[] fed = [.. Fed(some)];
            try
            {
                _session ??= new OrtProgram(_program, settings with { RunsOnce = true, IsPlain = true });
                OrtValue[] parameters =
                [
                    .. fed.Select(tensor => tensor.Value),
                    .. _program.Parameters.Skip(fed.Length).Select(batch.ValueOf),
                ];
                using var outputs = new Outputs(_session.Run(parameters, _ => true, cancellation));
                for (var at = 0; at < some.Length; at++)
                    results.Add(Row(outputs, at, some[at]));
            }
            finally
            {
                foreach (var tensor in fed)
                    tensor.Dispose();
            }
        }
        return results;
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Dispose();

    private double BytesOf(Value value)
    {
        var shape = batch.ShapeOf(value);
        var elements = derivatives.AreOuter(value, rounding) ? shape.Sum() : shape.Aggregate(1.0, (product, size) => product * size);
        return directions * elements * value.Type.Element.Size();
    }

    /// <summary>The first parameters: directions, and then the errors.</summary>
    private IEnumerable<SparseTensor> Fed((Probe Probe, Variation Variation)[] some)
    {
        foreach (var isFirst in derivatives.TakesPairs ? new[] { true, false } : [true])
        foreach (var (index, value) in derivatives.Values.Index())
        {
            var (element, shape) = (value.Type.Element, batch.ShapeOf(value));
            if (derivatives.AreOuter(value, rounding))
            {
                yield return Direction(element, [shape[0]], index, isFirst, some, (entry, number) => (entry / shape[1], number));
                yield return Direction(element, [shape[1]], index, isFirst, some, (entry, _) => (entry % shape[1], 1));
            }
            else
                yield return Direction(element, shape, index, isFirst, some, (entry, number) => (entry, number));
        }
        if (rounding != CheckedRounding.Perturbed)
            yield break;
        yield return Numbers([.. some.Select(one => one.Variation.Amplitude)]);
        yield return Numbers([.. some.Select(one => (double)one.Variation.Frequency)]);
    }

    private SparseTensor Numbers(double[] numbers) =>
        new SparseTensor(ElementType.Float64, [directions], [.. numbers.Select((number, at) => ((long)at, number))]);

    /// <summary>Directions [K, *shape]: those of the probes along a value, entry by entry, and zeros.</summary>
    private SparseTensor Direction(
        ElementType element,
        long[] shape,
        int value,
        bool isFirst,
        (Probe Probe, Variation Variation)[] some,
        Func<long, double, (long, double)> place
    )
    {
        var size = shape.Aggregate(1L, (product, length) => product * length);
        var entries = new List<(long, double)>();
        for (var at = 0; at < some.Length; at++)
        {
            var (probe, factor) = (some[at].Probe, some[at].Variation.Factor);
            if ((isFirst ? probe.Value : probe.OtherValue) != value)
                continue;
            // A second direction of its own stays as it is, so that products are multiplied once.
            var (direction, scale) = isFirst || probe.B is null ? (probe.A, factor) : (probe.B.Value, 1);
            foreach (var (entry, number) in direction)
            {
                var (position, placed) = place(entry, scale * number);
                entries.Add((at * size + position, placed));
            }
        }
        return new SparseTensor(element, [directions, .. shape], entries);
    }

    private Dictionary<CheckedDerivatives, double[]> Row(Outputs outputs, int at, (Probe Probe, Variation Variation) probe)
    {
        var row = new Dictionary<CheckedDerivatives, double[]>();
        for (var index = 0; index < _program.Outputs.Length; index++)
        {
            var output = DirectionalDerivatives.KindOf(_program.Outputs[index]);
            var numbers = outputs.Values[index].GetTensorDataAsSpan<double>();
            var length = numbers.Length / directions;
            var own = numbers.Slice(at * length, length).ToArray();
            var power = probe.Probe.Power(output, probe.Variation.Factor);
            for (var element = 0; element < own.Length; element++)
                own[element] /= power;
            row[output] = own;
        }
        return row;
    }

    private sealed class Outputs(IReadOnlyList<OrtValue> values) : IDisposable
    {
        public IReadOnlyList<OrtValue> Values => values;

        public void Dispose()
        {
            foreach (var value in values)
                value.Dispose();
        }
    }
}
