using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>The weights of one direction of a recurrent operator.</summary>
/// <param name="W">From inputs to gates, [I, G*H].</param>
/// <param name="R">From states to gates, [H, G*H].</param>
/// <param name="InputBias">The bias of inputs, [G*H], or null.</param>
/// <param name="StateBias">The bias of states, [G*H], or null.</param>
internal sealed record RecurrentWeights(Value W, Value R, Expr? InputBias, Expr? StateBias)
{
    private readonly Expr? _bias = InputBias is { } bias ? bias + StateBias!.Value : null;

    /// <summary>The weights of a direction.</summary>
    public static RecurrentWeights Of(Expr like, OperatorCall call, int gates, int direction)
    {
        var b = like.Builder;
        var (w, r) = (
            TransposeAxes.Last(b, Row(b, call.Required(1), direction)),
            TransposeAxes.Last(b, Row(b, call.Required(2), direction))
        );
        if (call.Input(3) is not { } biases)
            return new RecurrentWeights(w, r, null, null);
        var size =
            call.Required(2).Type.Shape[1].Known
            ?? throw new UnsupportedOperatorException(
                "the number of gates of a recurrent operator is not known; give the sizes of symbolic dimensions."
            );
        var bias = Row(b, biases, direction);
        return new RecurrentWeights(w, r, like.With(Slice.Of(b, bias, 0, 0, size)), like.With(Slice.Of(b, bias, 0, size, 2 * size)));
    }

    /// <summary>The entry of a direction along the first axis.</summary>
    public static Value Row(GraphBuilder b, Value value, int direction)
    {
        var row = value.Type.Shape[0].IsOne ? value : Slice.Of(b, value, 0, direction, direction + 1);
        return Reshape.To(b, row, row.Type.Shape.Remove(0));
    }

    /// <summary>The share of inputs and states in all gates, biases included.</summary>
    public Expr Gates(Expr input, Expr? state)
    {
        var sum = state is { } h ? input + h.With(MatMul.Of(h.Builder, h, R)) : input;
        return _bias is { } bias ? sum + bias : sum;
    }
}
