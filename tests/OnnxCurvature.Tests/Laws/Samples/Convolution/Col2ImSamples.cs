namespace OnnxCurvature.Tests.Laws.Samples.Convolution;

/// <summary>Samples of Col2Im.</summary>
internal sealed class Col2ImSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("windows that do not overlap", Any(2, 4, 4), Vector(4, 4), Vector(2, 2)).With("strides", [2, 2]);
        yield return Sample("windows that overlap", Any(1, 8, 9), Vector(4, 4), Vector(2, 2));
        yield return Sample("padding, strides and dilations", Any(1, 4, 6), Vector(5, 4), Vector(2, 2))
            .With("pads", [0, 1, 1, 0])
            .With("strides", [2, 2])
            .With("dilations", [1, 2]);
        yield return Sample("one spatial axis", Any(2, 6, 3), Vector(5), Vector(3));
    }
}
