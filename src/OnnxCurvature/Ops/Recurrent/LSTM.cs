using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>
/// The long short-term memory, with gates in the order input i, output o, forget f, cell: c = f c₋ + i g(…), h = o h(c). Peepholes
/// [D, 3*H] let the gates i and f see c₋, and o see c. With <c>input_forget</c> f is 1 - i. Clipping bounds
/// the arguments of the gates, and as in ONNX Runtime not that of h.
/// </summary>
internal sealed class LSTM : RecurrentOperator
{
    private const int Peepholes = 7;

    /// <inheritdoc/>
    protected override int Gates => 4;

    /// <inheritdoc/>
    protected override int States => 2;

    /// <inheritdoc/>
    private protected override Step CellOf(Expr like, OperatorCall call, RecurrentWeights weights, int direction, int directions)
    {
        var activations = RecurrentActivation.Of(call.Attributes, directions, "Sigmoid", "Tanh", "Tanh");
        var (f, g, h) = (activations[3 * direction], activations[3 * direction + 1], activations[3 * direction + 2]);
        var coupled = call.Attributes.Int("input_forget", 0) != 0;
        Expr[]? peepholes = call.Input(Peepholes) is { } given
            ? Parts(like.With(RecurrentWeights.Row(like.Builder, given, direction)), 3)
            : null;
        return (input, states) =>
        {
            var gates = Parts(weights.Gates(input, states[0]), 4);
            var before = states[1];
            var i = f.Apply(Clipped(call, Peeked(gates[0], 0, before)));
            var cell = i * g.Apply(Clipped(call, gates[3]));
            if (before is { } c)
                cell += (coupled ? 1 - i : f.Apply(Clipped(call, Peeked(gates[2], 2, before)))) * c;
            var o = f.Apply(Clipped(call, Peeked(gates[1], 1, cell)));
            return [o * h.Apply(cell), cell];
        };

        Expr Peeked(Expr gate, int index, Expr? state) => peepholes is not null && state is { } c ? gate + peepholes[index] * c : gate;
    }
}
