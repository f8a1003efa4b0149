using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The name of <see cref="ScatterElements"/> before opset 11; a file's nodes become that.</summary>
internal sealed class Scatter : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        [Catalogue.Get<ScatterElements>().Apply(b, call.Inputs, call.Attributes).Output];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) => call with { Name = nameof(ScatterElements) };
}
