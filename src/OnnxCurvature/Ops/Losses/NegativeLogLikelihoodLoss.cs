using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Normalization;

namespace OnnxCurvature.Ops.Losses;

/// <summary>-w[t] * x[n, t, …] for logarithms of probabilities x and targets t. Linear in x.</summary>
internal sealed class NegativeLogLikelihoodLoss : ClassLoss
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) => [Loss(b, call, call.Required(0))];

    /// <summary>Those of which the input is the logarithm of the softmax over classes.</summary>
    public override Value? LogitsOf(Node node) =>
        node.Inputs[0]!.Producer is { Operator: LogSoftmax softmax } before && softmax.ClassAxisOf(before) == ClassAxis
            ? before.Inputs[0]
            : null;
}
