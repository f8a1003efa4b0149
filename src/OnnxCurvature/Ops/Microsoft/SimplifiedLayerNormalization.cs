using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The operator of the same name in the standard's domain, as some exporters spell it.</summary>
internal sealed class SimplifiedLayerNormalization : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        Catalogue.Get<Normalization.SimplifiedLayerNormalization>().OnLoad(b, call)!.Value;
}
