using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that is defined by others and is replaced by them as soon as a file is loaded, so that methods and passes see what it is
/// made of.
/// </summary>
internal abstract class ExpandedOperator : CompositeOperator
{
    /// <inheritdoc/>
    public override ImmutableArray<Value?>? OnLoad(GraphBuilder b, OperatorCall call) => Lower(b, call);
}
