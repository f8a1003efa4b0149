using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Structure;

/// <summary>Samples of Resize.</summary>
public sealed class ResizeSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("each pixel twice", Any(1, 2, 3, 4), Absent, Scales(1, 1, 2, 2)).With("coordinate_transformation_mode", "asymmetric").With("nearest_mode", "floor");
        yield return Sample("nearest pixels of sizes", Any(1, 2, 5, 4), Absent, Absent, Vector(1, 2, 7, 3));
        yield return Sample("linear", Any(1, 2, 3, 4), Absent, Scales(1, 1, 2, 1.5)).With("mode", "linear");
        yield return Sample("linear between corners", Any(1, 2, 3, 4), Absent, Absent, Vector(1, 2, 5, 7)).With("mode", "linear").With("coordinate_transformation_mode", "align_corners");
        yield return Sample("linear as in PyTorch", Any(1, 2, 4, 4), Absent, Absent, Vector(1, 2, 1, 6)).With("mode", "linear").With("coordinate_transformation_mode", "pytorch_half_pixel");
        yield return Sample("cubic", Any(1, 2, 4, 5), Absent, Scales(1, 1, 2, 1.5)).With("mode", "cubic");
        yield return Sample("cubic within the image", Any(1, 2, 4, 5), Absent, Scales(1, 1, 2, 2)).With("mode", "cubic").With("exclude_outside", 1);
        yield return Sample("no change", Any(1, 2, 3, 4), Absent, Scales(1, 1, 1, 1));
        yield return Sample("some axes", Any(2, 3, 4, 2), Absent, Absent, Vector(6, 5)).With("axes", [3, 2]).With("mode", "linear");
    }

    private static SampleInput Scales(params double[] factors) => Constant(Tensor.Of(ElementType.Float32, [factors.Length], factors));
}
