using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Transforms;

/// <summary>First and second derivatives put together from the three transforms.</summary>
internal static class Gradients
{
    /// <summary>
    /// The gradients of a scalar with respect to values, each of its value's shape; null where one is zero. Throws
    /// <see cref="UnsupportedModelException"/> where a node between has no derivative.
    /// </summary>
    public static ImmutableArray<Value?> Gradient(this GraphBuilder b, Value loss, IReadOnlyList<Value> with) =>
        b.Linearize(with, [loss]).Transpose(b, [b.Scalar(loss.Type.Element, 1)]);

    /// <summary>
    /// The product of the Hessian of a scalar with a direction, forward over reverse, as a linear map of the direction at one value. The
    /// direction has the shape of that value, and the product that of the gradient. Throws as <see cref="Gradient"/> does.
    /// </summary>
    public static LinearProgram HessianProduct(this GraphBuilder b, Value gradient, Value at) => b.Linearize([at], [gradient]);
}
