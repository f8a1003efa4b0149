namespace OnnxCurvature.Tests.Laws.Samples.Convolution;

/// <summary>Samples of Conv.</summary>
internal sealed class ConvSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("same size and a bias", Any(2, 3, 5, 4), Any(4, 3, 3, 3), Any(4)).With("pads", [1, 1, 1, 1]);
        yield return Sample("no padding", Any(2, 2, 5, 4), Any(3, 2, 2, 3));
        yield return Sample("one sample and one window", Any(1, 2, 3, 3), Any(2, 2, 3, 3), Any(2));
        yield return Sample("strides with a remainder", Any(2, 2, 8, 7), Any(3, 2, 3, 3))
            .With("strides", [2, 3])
            .With("pads", [1, 0, 0, 2]);
        yield return Sample("strides and pointwise filters", Any(2, 3, 5, 6), Any(4, 3, 1, 1), Any(4)).With("strides", [2, 2]);
        yield return Sample("pointwise filters", Any(2, 3, 3, 2), Any(4, 3, 1, 1));
        yield return Sample("dilations", Any(1, 2, 7, 8), Any(2, 2, 3, 2)).With("dilations", [2, 3]).With("pads", [2, 1, 0, 3]);
        yield return Sample("dilations and strides", Any(1, 2, 9, 8), Any(2, 2, 3, 2))
            .With("dilations", [2, 3])
            .With("strides", [3, 2])
            .With("pads", [2, 1, 0, 3]);
        yield return Sample("groups", Any(2, 4, 4, 5), Any(6, 2, 3, 2), Any(6)).With("group", 2).With("pads", [1, 0, 1, 1]);
        yield return Sample("groups and strides", Any(2, 4, 5, 5), Any(6, 2, 3, 2)).With("group", 2).With("strides", [2, 2]);
        yield return Sample("a filter for each channel", Any(2, 3, 4, 4), Any(3, 1, 3, 3)).With("group", 3).With("pads", [1, 1, 1, 1]);
        yield return Sample("padding beyond the filter", Any(1, 2, 3, 3), Any(2, 2, 2, 2)).With("pads", [2, 3, 2, 1]);
        yield return Sample("one spatial axis", Any(2, 3, 7), Any(4, 3, 3), Any(4)).With("strides", [2]).With("pads", [1, 1]);
        yield return Sample("three spatial axes", Any(1, 2, 3, 4, 3), Any(2, 2, 2, 3, 2), Any(2))
            .With("pads", [1, 0, 0, 0, 1, 1])
            .With("strides", [1, 2, 1]);
        yield return Sample("same size, more padding after", Any(1, 2, 5, 6), Any(2, 2, 3, 2))
            .With("auto_pad", "SAME_UPPER")
            .With("strides", [2, 2]);
        yield return Sample("same size, more padding before", Any(1, 2, 5, 6), Any(2, 2, 3, 2)).With("auto_pad", "SAME_LOWER");
        yield return Sample("fixed filters", Any(2, 2, 4, 4), Fixed(Any(3, 2, 3, 3)), Fixed(Any(3)));
    }
}
