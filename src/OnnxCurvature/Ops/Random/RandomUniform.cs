using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Random;

/// <summary>Numbers spread evenly from <c>low</c> (default 0) to <c>high</c> (default 1), in a <c>shape</c>.</summary>
internal sealed class RandomUniform : RandomSource
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (low, high) = (call.Attributes.Float("low", 0), call.Attributes.Float("high", 1));
        return Sampled(b, Uniform(b, call, Result(call, ElementType.Float32), GivenShape(call)), number => low + (high - low) * number);
    }

    /// <inheritdoc/>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        attributes.WithDefault("dtype", (long)ElementType.Float32);

    /// <inheritdoc/>
    public override string? TypeAttribute => "dtype";
}
