using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The common part of ScatterElements and ScatterND.</summary>
internal static class Scattering
{
    /// <summary>The most elements of the dense form of a scattering.</summary>
    private const long LargestDenseForm = 1L << 24;

    /// <summary>How an update joins what is at its place: <c>none</c> replaces it.</summary>
    public static string Reduction(Attributes attributes) => attributes.Text("reduction", "none");

    /// <summary>Whether updates are put or added.</summary>
    public static bool IsLinear(Attributes attributes) => Reduction(attributes) is "none" or "add";

    /// <summary>
    /// The tangent of a node that multiplies by updates or keeps the least or greatest, by way of a dense form: y_j is the product (least,
    /// greatest) of data_j and over k of u_k where update k goes to j, and of what changes nothing elsewhere.
    /// <paramref name="positionsOf"/> gives for values of data's shape those at the places of the updates.
    /// </summary>
    public static Value? Joined(GraphBuilder b, Node node, ImmutableArray<Value?> dx, Func<Value, Value> positionsOf)
    {
        var (data, updates) = (node.Inputs[0]!, node.Inputs[2]!);
        if (data.Type.Shape.Elements.Known is not { } count || updates.Type.Shape.Elements.Known is not { } many)
            throw new UnsupportedOperatorException(
                $"the derivative of {node.Operator.Name} with the reduction '{Reduction(node.Attributes)}' needs the sizes of "
                    + $"{data.Type.Shape} and {updates.Type.Shape}; give the sizes of symbolic dimensions."
            );
        if (count * many > LargestDenseForm)
            throw new UnsupportedOperatorException(
                $"the derivative of {node.Operator.Name} with the reduction '{Reduction(node.Attributes)}' takes {count} times {many} "
                    + $"elements, which are too many."
            );
        var numbers = b.Vector(count, j => j);
        var goesTo = Equal.Of(b, Reshape.To(b, positionsOf(Reshape.To(b, numbers, data.Type.Shape)), [many, 1]), numbers);
        var (flat, rows) = (Reshape.To(b, data, [1, count]), Reshape.To(b, updates, [many, 1]));
        var isProduct = Reduction(node.Attributes) == "mul";
        var neutral = isProduct ? b.Scalar(data.Type.Element, 1) : flat;
        var all = Concat.Of(b, [flat, Where.Of(b, goesTo, rows, neutral)], 0);
        Operator reduction =
            isProduct ? Catalogue.Get<ReduceProd>()
            : Reduction(node.Attributes) == "max" ? Catalogue.Get<ReduceMax>()
            : Catalogue.Get<ReduceMin>();
        var y = Reshape.To(b, reduction.Apply(b, [all], Attributes.Empty.With("axes", [0]).With("keepdims", 0L)).Output, data.Type.Shape);
        return Pushforward.Through(b, new Dictionary<Value, Value?> { [data] = dx[0], [updates] = dx[2] }, y);
    }

    /// <summary>Both tangents scattered together; where no update is active, zeros are put in place of the updates.</summary>
    /// <param name="b">Where the nodes are built.</param>
    /// <param name="node">The node.</param>
    /// <param name="dx">The tangents of its inputs.</param>
    /// <param name="gather">Gives for values of data's shape those that the updates meet.</param>
    public static ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx, Func<Value, Value> gather)
    {
        if (!IsLinear(node.Attributes))
            return [dx[0] is null && dx[2] is null ? null : Joined(b, node, dx, gather)];
        if (dx[2] is null && (dx[0] is null || Reduction(node.Attributes) == "add"))
            return [dx[0]];
        return
        [
            node.Rules()
                .Apply(b, [Tangent(b, node.Inputs[0]!, dx[0]), node.Inputs[1], Tangent(b, node.Inputs[2]!, dx[2])], node.Attributes)
                .Output,
        ];
    }

    /// <summary>Linear for the reductions none and add; a product is curved where updates take part.</summary>
    public static Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        !active[0] && !active[2] ? Curvature.PiecewiseConstant
        : IsLinear(node.Attributes) ? Curvature.Linear
        : Reduction(node.Attributes) is not "mul" ? Curvature.PiecewiseLinear
        : active[2] ? Curvature.Curved
        : Curvature.Linear;

    /// <summary>A tangent, or zeros of its shape.</summary>
    public static Value Tangent(GraphBuilder b, Value primal, Value? tangent) =>
        tangent ?? Expand.Of(b, b.Scalar(primal.Type.Element, 0), primal.Type.Shape);

    /// <summary>The lowest opset that knows the reduction.</summary>
    public static int MinimumOpset(Attributes attributes) =>
        Reduction(attributes) switch
        {
            "none" => 13,
            "add" or "mul" => 16,
            _ => 18,
        };

    /// <summary>data with update i put to, or joined at, the flat position i.</summary>
    public static Tensor Evaluate(Tensor data, int[] positions, Tensor updates, string reduction)
    {
        if (positions.Length != updates.Count || positions.Any(position => position < 0 || position >= data.Count))
            throw new ShapeException($"{updates.Type} cannot be scattered to {positions.Length} positions of {data.Type}");
        if (!data.Element.IsFloat())
        {
            var integers = (long[])data.Integers.Clone();
            for (var i = 0; i < positions.Length; i++)
                integers[positions[i]] = (long)Join(reduction, integers[positions[i]], updates.Integers[i]);
            return Tensor.Of(data.Element, data.Shape.AsSpan(), integers);
        }
        var values = (double[])data.Floats.Clone();
        for (var i = 0; i < positions.Length; i++)
            values[positions[i]] = Join(reduction, values[positions[i]], updates.Floats[i]);
        return Tensor.Of(data.Element, data.Shape.AsSpan(), values);
    }

    private static double Join(string reduction, double old, double update) =>
        reduction switch
        {
            "none" => update,
            "add" => old + update,
            "mul" => old * update,
            "min" => Math.Min(old, update),
            "max" => Math.Max(old, update),
            _ => throw new UnsupportedOperatorException($"the reduction '{reduction}' is not known."),
        };
}
