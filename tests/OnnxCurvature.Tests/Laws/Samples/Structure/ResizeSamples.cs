using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Resize.</summary>
internal sealed class ResizeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("each pixel twice", Any(1, 2, 3, 4), Absent, Scales(1, 1, 2, 2))
            .With("coordinate_transformation_mode", "asymmetric")
            .With("nearest_mode", "floor");
        yield return Sample("nearest pixels of sizes", Any(1, 2, 5, 4), Absent, Absent, Vector(1, 2, 7, 3));
        yield return Sample("linear", Any(1, 2, 3, 4), Absent, Scales(1, 1, 2, 1.5)).With("mode", "linear");
        yield return Sample("linear between corners", Any(1, 2, 3, 4), Absent, Absent, Vector(1, 2, 5, 7))
            .With("mode", "linear")
            .With("coordinate_transformation_mode", "align_corners");
        yield return Sample("linear as in PyTorch", Any(1, 2, 4, 4), Absent, Absent, Vector(1, 2, 1, 6))
            .With("mode", "linear")
            .With("coordinate_transformation_mode", "pytorch_half_pixel");
        yield return Sample("cubic", Any(1, 2, 4, 5), Absent, Scales(1, 1, 2, 1.5)).With("mode", "cubic");
        yield return Sample("cubic within the image", Any(1, 2, 4, 5), Absent, Scales(1, 1, 2, 2))
            .With("mode", "cubic")
            .With("exclude_outside", 1);
        yield return Sample("no change", Any(1, 2, 3, 4), Absent, Scales(1, 1, 1, 1));
        yield return Sample("some axes", Any(2, 3, 4, 2), Absent, Absent, Vector(6, 5)).With("axes", [3, 2]).With("mode", "linear");
        yield return Sample("nearest pixels, rounded down", Any(1, 1, 5, 4), Absent, Scales(1, 1, 0.6, 2.5))
            .With("nearest_mode", "round_prefer_ceil")
            .With("coordinate_transformation_mode", "asymmetric");
        yield return Sample("linear without aliasing", Any(1, 1, 6, 5), Absent, Scales(1, 1, 0.5, 0.6))
            .With("mode", "linear")
            .With("antialias", 1);
        yield return Sample("cubic without aliasing", Any(1, 1, 8, 6), Absent, Scales(1, 1, 0.5, 0.5))
            .With("mode", "cubic")
            .With("antialias", 1);
        yield return Sample("cubic without aliasing within the image", Any(1, 1, 8, 6), Absent, Scales(1, 1, 0.5, 0.5))
            .With("mode", "cubic")
            .With("antialias", 1)
            .With("exclude_outside", 1);
        yield return Sample("cubic with another coefficient", Any(1, 1, 4, 4), Absent, Scales(1, 1, 2, 2))
            .With("mode", "cubic")
            .With("cubic_coeff_a", -0.5)
            .With("coordinate_transformation_mode", "align_corners");
        yield return Sample("an aspect ratio kept, within sizes", Any(1, 1, 4, 5), Absent, Absent, Vector(7, 8))
            .With("axes", [2, 3])
            .With("mode", "linear")
            .With("keep_aspect_ratio_policy", "not_larger");
        yield return Sample("an aspect ratio kept, beyond sizes", Any(1, 1, 4, 5), Absent, Absent, Vector(7, 8))
            .With("axes", [2, 3])
            .With("keep_aspect_ratio_policy", "not_smaller");
        yield return Sample("a region", Any(1, 1, 4, 5), Scales(0, 0, 0.2, 0.4, 1, 1, 0.7, 0.9), Absent, Vector(1, 1, 3, 4))
            .With("mode", "linear")
            .With("coordinate_transformation_mode", "tf_crop_and_resize");
        yield return Sample(
                "a region beyond the image",
                Any(1, 1, 4, 5),
                Scales(0, 0, 0.2, 0.4, 1, 1, 1.3, 1.2),
                Absent,
                Vector(1, 1, 3, 4)
            )
            .With("mode", "linear")
            .With("coordinate_transformation_mode", "tf_crop_and_resize")
            .With("extrapolation_value", 2.5);
        yield return Sample("linear, symmetric", Any(1, 1, 5, 5), Absent, Scales(1, 1, 0.55, 1.3))
            .With("mode", "linear")
            .With("coordinate_transformation_mode", "half_pixel_symmetric");
        yield return Sample("linear along three axes", Any(1, 1, 2, 3, 2), Absent, Scales(1, 1, 2, 1.5, 2)).With("mode", "linear");
    }

    private static SampleInput Scales(params double[] factors) => Constant(Tensor.Of(ElementType.Float32, [factors.Length], factors));
}
