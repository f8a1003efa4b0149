using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>The older name of FusedMatMul.</summary>
internal sealed class TransposeMatMul : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        Catalogue.Get<FusedMatMul>().OnLoad(b, call)!.Value;
}
