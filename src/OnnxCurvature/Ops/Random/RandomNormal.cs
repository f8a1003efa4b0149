using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Random;

/// <summary>
/// Numbers of a normal distribution of <c>mean</c> (default 0) and standard deviation <c>scale</c> (default 1), in a <c>shape</c>.
/// </summary>
internal sealed class RandomNormal : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (mean, scale) = (call.Attributes.Float("mean", 0), call.Attributes.Float("scale", 1));
        return Sampled(b, Normal(b, call, Result(call, ElementType.Float32), GivenShape(call)), number => mean + scale * number);
    }

    /// <inheritdoc/>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        attributes.WithDefault("dtype", (long)ElementType.Float32);

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
