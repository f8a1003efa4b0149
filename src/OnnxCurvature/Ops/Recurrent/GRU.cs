using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>
/// The gated recurrent unit, with gates in the order update z, reset r, hidden: h = (1 - z) h̃ + z h₋, where h̃ = g(x·Wₕᵀ + (r h₋)·Rₕᵀ +
/// b), or with <c>linear_before_reset</c> g(x·Wₕᵀ + wₕ + r (h₋·Rₕᵀ + rₕ)).
/// </summary>
internal sealed class GRU : RecurrentOperator
{
    /// <inheritdoc/>
    protected override int Gates => 3;

    /// <inheritdoc/>
    protected override int States => 1;

    /// <inheritdoc/>
    private protected override Step CellOf(Expr like, OperatorCall call, RecurrentWeights weights, int direction, int directions)
    {
        var activations = RecurrentActivation.Of(call.Attributes, directions, "Sigmoid", "Tanh");
        var (f, g) = (activations[2 * direction], activations[2 * direction + 1]);
        var resetsLast = call.Attributes.Int("linear_before_reset", 0) != 0;
        var b = like.Builder;
        var size =
            call.Required(2).Type.Shape[2].Known
            ?? throw new UnsupportedOperatorException("the size of the state of GRU is not known; give the sizes of symbolic dimensions.");
        // The gates z and r are made together; the hidden gate takes the state in another way.
        var gates = new RecurrentWeights(
            weights.W,
            Columns(weights.R, 0, 2 * size),
            Entries(weights.InputBias, 0, 2 * size),
            Entries(weights.StateBias, 0, 2 * size)
        );
        var hidden = Columns(weights.R, 2 * size, 3 * size);
        var (inputBias, stateBias) = (Entries(weights.InputBias, 2 * size, 3 * size), Entries(weights.StateBias, 2 * size, 3 * size));
        return (input, states) =>
        {
            var parts = Parts(gates.Gates(input.With(Slice.Of(b, input, 1, 0, 2 * size)), states[0]), 2);
            var (z, r) = (f.Apply(Clipped(call, parts[0])), f.Apply(Clipped(call, parts[1])));
            var sum = input.With(Slice.Of(b, input, 1, 2 * size, 3 * size));
            if (inputBias is { } bias)
                sum += bias;
            var state = states[0];
            var recurrent = state is not { } h ? (Expr?)null : h.With(MatMul.Of(b, resetsLast ? h : r * h, hidden));
            if (stateBias is { } constant)
                recurrent = recurrent is { } product ? product + constant : constant;
            if (recurrent is { } added)
                sum += resetsLast ? r * added : added;
            var candidate = g.Apply(Clipped(call, sum));
            var next = (1 - z) * candidate;
            return [state is { } before ? next + z * before : next];
        };

        Value Columns(Value matrix, long start, long end) => Slice.Of(b, matrix, 1, start, end);

        Expr? Entries(Expr? vector, long start, long end) =>
            vector is { } entries ? entries.With(Slice.Of(b, entries, 0, start, end)) : null;
    }
}
