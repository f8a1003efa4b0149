using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Reduction;

/// <summary>The mean over axes.</summary>
internal sealed class ReduceMean : LinearReduction
{
    /// <summary>The mean over axes; the value itself for no axes.</summary>
    public static Value Of(GraphBuilder b, Value x, IEnumerable<long> axes, bool keepDims) =>
        Of(Catalogue.Get<ReduceMean>(), b, x, axes, keepDims);

    /// <inheritdoc/>
    protected override SampleTotal? Total => SampleTotal.Mean;

    /// <inheritdoc/>
    protected override double Reduce(ReadOnlySpan<double> elements)
    {
        double sum = 0;
        foreach (var element in elements)
            sum += element;
        return sum / elements.Length;
    }

    /// <inheritdoc/>
    protected override Value Weigh(GraphBuilder b, Node node, Value repeated)
    {
        var shape = node.Inputs[0]!.Type.Shape;
        Dim count = 1;
        foreach (var axis in ReducedAxes(node.Attributes, shape.Rank))
            count *= shape[axis];
        var element = repeated.Type.Element;
        return count.Known is { } known
            ? Mul.Of(b, repeated, b.Scalar(element, 1.0 / known))
            : Div.Of(b, repeated, Cast.Of(b, Reshape.To(b, Dims.ToValue(b, count), TensorShape.Scalar), element));
    }

    /// <summary>The mean of integers is cut to an integer.</summary>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) =>
        throw new UnsupportedOperatorException("it takes the mean of integers.");

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.OfMeans(node) : null;
}
