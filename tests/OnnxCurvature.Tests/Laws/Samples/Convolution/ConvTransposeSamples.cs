namespace OnnxCurvature.Tests.Laws.Samples.Convolution;

/// <summary>Samples of ConvTranspose.</summary>
internal sealed class ConvTransposeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("strides and a bias", Any(2, 3, 3, 4), Any(3, 2, 3, 3), Any(2)).With("strides", [2, 2]);
        yield return Sample("padding and output padding", Any(2, 2, 3, 3), Any(2, 3, 3, 2))
            .With("strides", [2, 3])
            .With("pads", [1, 0, 0, 1])
            .With("output_padding", [1, 2]);
        yield return Sample("strides of one", Any(1, 2, 4, 4), Any(2, 2, 3, 3)).With("pads", [1, 1, 1, 1]);
        yield return Sample("dilations", Any(1, 2, 3, 3), Any(2, 2, 2, 3)).With("dilations", [2, 2]).With("strides", [2, 1]);
        yield return Sample("groups", Any(2, 4, 3, 3), Any(4, 3, 2, 2), Any(6)).With("group", 2).With("strides", [2, 2]);
        yield return Sample("one spatial axis", Any(2, 2, 4), Any(2, 3, 3))
            .With("strides", [2])
            .With("pads", [1, 1])
            .With("output_padding", [1]);
        yield return Sample("three spatial axes", Any(1, 2, 2, 3, 2), Any(2, 2, 2, 2, 3)).With("strides", [1, 2, 1]);
        yield return Sample("fixed filters", Any(2, 2, 3, 3), Fixed(Any(2, 3, 3, 3)));
    }
}
