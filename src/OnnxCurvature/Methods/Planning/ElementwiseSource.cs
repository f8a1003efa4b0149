using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Planning;

/// <summary>The term that an elementwise region v = φ(u) adds to the curvature of the loss in u.</summary>
internal static class ElementwiseSource
{
    /// <summary>λ φ''(u), with λ = ∂L/∂v; null where it is zero.</summary>
    public static Value? Diagonal(GraphBuilder b, Value loss, Value u, Value v)
    {
        if (b.Gradient(loss, [v])[0] is not { } gradient)
            return null;
        // λ is held fixed, so a parameter stands for it while φ is differentiated.
        var fixedGradient = b.Parameter(v.Type);
        if (
            b.Linearize([u], [v]).Transpose(b, [fixedGradient])[0] is not { } slope
            || b.Linearize([u], [slope]) is not { Outputs: [{ } second], Inputs: [var direction] }
        )
            return null;
        return b.Substitute([second], new Dictionary<Value, Value> { [direction] = Ones(b, u), [fixedGradient] = gradient })[0];
    }

    /// <summary>The slope of an elementwise way from one value to another of the same shape; null where both are the same value.</summary>
    public static Value? Slope(GraphBuilder b, Value from, Value to)
    {
        if (from == to)
            return null;
        var tangent = b.Linearize([from], [to]);
        return b.Substitute([tangent.Outputs[0]!], new Dictionary<Value, Value> { [tangent.Inputs[0]] = Ones(b, from) })[0];
    }

    private static Value Ones(GraphBuilder b, Value like) => Expand.Of(b, b.Scalar(like.Type.Element, 1), like.Type.Shape);
}
