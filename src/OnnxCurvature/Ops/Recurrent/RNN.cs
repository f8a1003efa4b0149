using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>h = f(x·Wᵀ + h₋·Rᵀ + b).</summary>
internal sealed class RNN : RecurrentOperator
{
    /// <inheritdoc/>
    protected override int Gates => 1;

    /// <inheritdoc/>
    protected override int States => 1;

    /// <inheritdoc/>
    private protected override Step CellOf(Expr like, OperatorCall call, RecurrentWeights weights, int direction, int directions)
    {
        var activation = RecurrentActivation.Of(call.Attributes, directions, "Tanh")[direction];
        return (input, states) => [activation.Apply(Clipped(call, weights.Gates(input, states[0])))];
    }
}
