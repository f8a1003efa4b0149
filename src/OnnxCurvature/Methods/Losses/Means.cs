using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Losses;

/// <summary>The scalar that a mean multiplies its sum by.</summary>
internal static class Means
{
    /// <summary>
    /// <paramref name="numerator"/> / (number of elements of <paramref name="shape"/>) for a mean, <paramref name="numerator"/> for a sum.
    /// </summary>
    public static Value Weight(GraphBuilder b, TensorShape shape, ElementType element, Reduction reduction, double numerator)
    {
        if (reduction == Reduction.Sum)
            return b.Scalar(element, numerator);
        if (shape.Elements.Known is { } count)
            return b.Scalar(element, numerator / count);
        return Div.Of(
            b,
            b.Scalar(element, numerator),
            Cast.Of(b, Reshape.To(b, Dims.ToValue(b, shape.Elements), TensorShape.Scalar), element)
        );
    }
}
