using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// The name of <see cref="Resize"/> before opset 10; a file's nodes become that. Inputs: x, factors.
/// </summary>
internal sealed class Upsample : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var resize = FromOpset(b, call, 9);
        return [Catalogue.Get<Resize>().Apply(b, resize.Inputs, resize.Attributes).Output];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var factors =
            opset >= 9 ? call.Input(1)
            : call.Attributes.Floats("scales") is { } scales ? b.Constant(Tensor.Of(ElementType.Float32, [scales.Length], [.. scales]))
            : throw new UnsupportedOperatorException("Upsample lacks its factors.");
        return Catalogue
            .Get<Resize>()
            .FromOpset(
                b,
                call.WithInputs(call.Input(0), factors) with
                {
                    Name = nameof(Resize),
                    Attributes = call.Attributes.Without("scales"),
                },
                10
            );
    }
}
