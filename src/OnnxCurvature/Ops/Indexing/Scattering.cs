using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>What ScatterElements and ScatterND have in common.</summary>
internal static class Scattering
{
    /// <summary>How an update joins what is at its place: <c>none</c> replaces it.</summary>
    public static string Reduction(Attributes attributes) => attributes.Text("reduction", "none");

    /// <summary>Throws where updates are neither put nor added.</summary>
    public static void RequireLinear(Attributes attributes)
    {
        if (Reduction(attributes) is not ("none" or "add") and var reduction)
            throw new UnsupportedOperatorException($"the derivative of a scattering with the reduction '{reduction}' is not supported.");
    }

    /// <summary>Linear for the reductions none and add, else taken for curved.</summary>
    public static Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        !active[0] && !active[2] ? Curvature.PiecewiseConstant : Reduction(node.Attributes) is "none" or "add" ? Curvature.Linear
        : Reduction(node.Attributes) is "mul" ? Curvature.Curved : Curvature.PiecewiseLinear;

    /// <summary>A tangent, or zeros of its shape.</summary>
    public static Value Tangent(GraphBuilder b, Value primal, Value? tangent) => tangent ?? Expand.Of(b, b.Scalar(primal.Type.Element, 0), primal.Type.Shape);

    /// <summary>The lowest opset that knows the reduction.</summary>
    public static int MinimumOpset(Attributes attributes) => Reduction(attributes) switch { "none" => 13, "add" or "mul" => 16, _ => 18 };

    /// <summary>data with update i put to, or joined at, the flat position i.</summary>
    public static Tensor Evaluate(Tensor data, int[] positions, Tensor updates, string reduction)
    {
        if (!data.Element.IsFloat())
        {
            var integers = (long[])data.Integers.Clone();
            for (var i = 0; i < positions.Length; i++)
                integers[positions[i]] = (long)Joined(reduction, integers[positions[i]], updates.Integers[i]);
            return Tensor.Of(data.Element, data.Shape.AsSpan(), integers);
        }
        var values = (double[])data.Floats.Clone();
        for (var i = 0; i < positions.Length; i++)
            values[positions[i]] = Joined(reduction, values[positions[i]], updates.Floats[i]);
        return Tensor.Of(data.Element, data.Shape.AsSpan(), values);
    }

    private static double Joined(string reduction, double old, double update) => reduction switch
    {
        "none" => update,
        "add" => old + update,
        "mul" => old * update,
        "min" => Math.Min(old, update),
        "max" => Math.Max(old, update),
        _ => throw new UnsupportedOperatorException($"the reduction '{reduction}' is not known."),
    };
}
