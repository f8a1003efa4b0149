using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>x in the element type of another value; a <see cref="Cast"/> once it is loaded. Inputs: x, the other value.</summary>
internal sealed class CastLike : CompositeOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) =>
        call.Required(0) is var x && x.Type.Element == call.Required(1).Type.Element
            ? [Catalogue.Get<Identity>().Apply(b, [x]).Output]
            : [Cast.Of(b, x, call.Required(1).Type.Element)];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        Catalogue
            .Get<Cast>()
            .FromOpset(
                b,
                new OperatorCall(
                    nameof(Cast),
                    "",
                    [call.Required(0)],
                    call.Attributes.With("to", (long)call.Required(1).Type.Element),
                    call.OutputCount
                ),
                opset
            );

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 15;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
