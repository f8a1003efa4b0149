using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The sum over axes.</summary>
internal sealed class ReduceSum : LinearReduction
{
    /// <summary>The sum over axes; the value itself for no axes.</summary>
    public static Value Of(GraphBuilder b, Value x, IEnumerable<long> axes, bool keepDims) =>
        Of(Catalogue.Get<ReduceSum>(), b, x, axes, keepDims);

    /// <summary>The sum over all axes, a scalar.</summary>
    public static Value All(GraphBuilder b, Value x) =>
        Of(b, x, Enumerable.Range(0, x.Type.Rank).Select(axis => (long)axis), keepDims: false);

    /// <inheritdoc/>
    protected override SampleTotal? Total => SampleTotal.Sum;

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element;
        return sum;
    }

    /// <inheritdoc/>
    protected override Value Weigh(GraphBuilder b, Node node, Value repeated) => repeated;

    /// <inheritdoc/>
    protected override int AxesInputSince => 13;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;

    /// <inheritdoc/>
    public override RowRule? OnRows(Node node, int input, int axis)
    {
        if (node.Attributes.Ints("axes") is not { } axes)
            return null;
        var reduced = Axes.Normalize(axes, node.Inputs[input]!.Type.Rank);
        if (reduced.Contains(axis))
            return null;
        var output = node.Attributes.Int("keepdims", 1) != 0 ? axis : axis - reduced.Count(other => other < axis);
        return RowRule.Of(output, node.Inputs.Length, input, axis);
    }
}
