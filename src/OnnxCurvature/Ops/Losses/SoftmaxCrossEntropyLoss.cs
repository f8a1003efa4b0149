using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Normalization;

namespace OnnxCurvature.Ops.Losses;

/// <summary>-w[t] * log softmax(x)[n, t, …] for scores x and targets t; the second output is log softmax(x) itself.</summary>
internal sealed class SoftmaxCrossEntropyLoss : ClassLoss
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var logarithms = Catalogue.Get<LogSoftmax>().Apply(b, [call.Required(0)], Attributes.Empty.With("axis", (object)1L)).Output;
        var loss = Loss(b, call, logarithms);
        return call.OutputCount > 1 ? [loss, logarithms] : [loss];
    }

    /// <inheritdoc/>
    public override Value? LogitsOf(Node node) => node.Inputs[0];
}
