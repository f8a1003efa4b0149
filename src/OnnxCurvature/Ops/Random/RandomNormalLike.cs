using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Random;

/// <summary>
/// Numbers of a normal distribution of <c>mean</c> (default 0) and standard deviation <c>scale</c> (default 1), in the shape of x.
/// </summary>
internal sealed class RandomNormalLike : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var like = call.Required(0).Type;
        var (mean, scale) = (call.Attributes.Float("mean", 0), call.Attributes.Float("scale", 1));
        return Sampled(
            b,
            Normal(b, call, Result(call, like.Element.IsFloat() ? like.Element : ElementType.Float32), like.Shape),
            number => mean + scale * number
        );
    }

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
