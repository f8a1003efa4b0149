using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Transforms;

/// <summary>First and second derivatives put together from the three transforms.</summary>
internal static class Gradients
{
    /// <summary>The gradients of a scalar with respect to values; null where one is zero.</summary>
    public static ImmutableArray<Value?> Gradient(this GraphBuilder b, Value loss, IReadOnlyList<Value> with) =>
        b.Linearize(with, [loss]).Transpose(b, [b.Scalar(loss.Type.Element, 1)]);

    /// <summary>
    /// The product of the Hessian of a scalar with a direction, forward over reverse, as a linear map of the direction at one value.
    /// </summary>
    public static LinearProgram HessianProduct(this GraphBuilder b, Value gradient, Value at) => b.Linearize([at], [gradient]);
}
