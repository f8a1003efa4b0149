using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Random;

/// <summary>Numbers spread evenly from <c>low</c> (default 0) to <c>high</c> (default 1), in the shape of x.</summary>
internal sealed class RandomUniformLike : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var like = call.Required(0).Type;
        var (low, high) = (call.Attributes.Float("low", 0), call.Attributes.Float("high", 1));
        return Sampled(
            b,
            Uniform(b, call, Result(call, like.Element.IsFloat() ? like.Element : ElementType.Float32), like.Shape),
            number => low + (high - low) * number
        );
    }

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
