using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Methods.Checking;

/// <summary>
/// Random errors in the place of rounding: each tangent y becomes y (1 + ε ν), where ν is of order one and its own for every
/// element of every node. To first order in ε a result is then off by what errors of the relative size ε make of it, also where it is zero
/// because large terms cancel.
/// </summary>
internal sealed class RoundingNoise
{
    private readonly GraphBuilder _b;
    private int _nodes;

    /// <summary>Noise of an amplitude and a frequency, two scalars, which are batched with the tangents.</summary>
    public RoundingNoise(GraphBuilder b)
    {
        _b = b;
        Amplitude = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Scalar));
        Frequency = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Scalar));
    }

    /// <summary>ε.</summary>
    public Value Amplitude { get; }

    /// <summary>The number that makes one noise another: at different positive integers ν is uncorrelated.</summary>
    public Value Frequency { get; }

    /// <summary>A value where tangents, and all that depends on them, have errors.</summary>
    /// <param name="value">The value.</param>
    /// <param name="tangents">The tangents, which are inputs of a linear program.</param>
    public Value Of(Value value, IEnumerable<Value> tangents)
    {
        var values = tangents.ToDictionary(tangent => tangent, WithError);
        foreach (var node in GraphWalk.Between(values.Keys.ToHashSet(), [value]))
        {
            var inputs = node.Inputs.Select(input => input is null ? null : values.GetValueOrDefault(input, input));
            var copy = node.Rules().Rebuild(_b, node, [.. inputs], node.Output.Type.Shape);
            for (var index = 0; index < node.Outputs.Length; index++)
                values[node.Outputs[index]] = WithError(copy.Outputs[index]);
        }
        return values.GetValueOrDefault(value, value);
    }

    private Value WithError(Value value)
    {
        if (!value.Type.Element.IsFloat())
            return value;
        var random = new Random(++_nodes);
        var (shape, element) = (value.Type.Shape, value.Type.Element);
        int[] axes = [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis].Known > 1)];
        // Waves sin(f p) in random phases p along each axis, which add up to the size of one.
        var waves = axes.Length == 0 ? Wave([]) : axes.Select(axis => Wave(Lengths(axis))).Aggregate((sum, wave) => Add.Of(_b, sum, wave));
        var scale = Mul.Of(_b, Amplitude, _b.Scalar(ElementType.Float64, 1 / Math.Sqrt(Math.Max(1, axes.Length))));
        return Mul.Of(_b, value, Add.Of(_b, _b.Scalar(element, 1), Mul.Of(_b, waves, Cast.Of(_b, scale, element))));

        long[] Lengths(int axis) => [.. Enumerable.Range(axis, shape.Rank - axis).Select(at => at == axis ? shape[axis].Factor : 1)];

        Value Wave(long[] lengths)
        {
            var phases = new double[lengths.Aggregate(1L, (count, length) => count * length)];
            for (var index = 0; index < phases.Length; index++)
                phases[index] = 2 * Math.PI * random.NextDouble();
            var phase = _b.Constant(Tensor.Of(ElementType.Float64, lengths, phases));
            return Cast.Of(_b, Catalogue.Get<Sin>().Apply(_b, [Mul.Of(_b, phase, Frequency)]).Output, element);
        }
    }
}
