using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Losses;

/// <summary>-w[t] * x[n, t, …] for logarithms of probabilities x and targets t. Linear in x.</summary>
internal sealed class NegativeLogLikelihoodLoss : ClassLoss
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) => [Loss(b, call, call.Required(0))];
}
