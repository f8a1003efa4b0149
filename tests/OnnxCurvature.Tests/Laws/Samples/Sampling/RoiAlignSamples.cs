using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Sampling;

/// <summary>Samples of RoiAlign.</summary>
internal sealed class RoiAlignSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("means", Any(2, 2, 5, 4), Regions(), Vector(0, 1, 0))
            .With("output_height", 2)
            .With("output_width", 2)
            .With("sampling_ratio", 2);
        yield return Sample("means without a shift", Any(2, 1, 5, 4), Regions(), Vector(1, 1, 0))
            .With("output_height", 2)
            .With("output_width", 1)
            .With("sampling_ratio", 1)
            .With("coordinate_transformation_mode", "output_half_pixel");
        yield return Sample("the greatest", Distinct(2, 1, 5, 4), Fixed(Regions()), Vector(1, 0, 0))
            .With("output_height", 2)
            .With("output_width", 2)
            .With("sampling_ratio", 2)
            .With("mode", "max");
        yield return Sample("scaled regions", Any(1, 1, 5, 4), Values([1, 4], 1.34, 2.46, 5.38, 6.32), Vector(0))
            .With("output_height", 2)
            .With("output_width", 2)
            .With("sampling_ratio", 1)
            .With("spatial_scale", 0.5);
    }

    private static Tensor Regions() => Values([3, 4], 0.31, 0.42, 2.83, 3.76, 1.21, 0.63, 2.66, 2.35, 0.61, 1.35, 3.12, 3.27);
}
