using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Sampling;

/// <summary>Samples of GridSample.</summary>
internal sealed class GridSampleSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        foreach (var padding in new[] { "zeros", "border", "reflection" })
        foreach (var mode in new[] { "linear", "nearest", "cubic" })
        foreach (var corners in new[] { 0, 1 })
            yield return Sample($"{mode}, {padding}, {corners} at the corners", Any(2, 2, 4, 3), Points(corners, [4, 3], 2, 3, 4))
                .With("mode", mode)
                .With("padding_mode", padding)
                .With("align_corners", corners);
        yield return Sample("space", Any(1, 2, 3, 2, 3), Points(0, [3, 2, 3], 1, 2, 3, 2));
    }

    /// <summary>Points between pixels, up to one pixel and a half beyond the image, in coordinates from -1 to 1.</summary>
    private Tensor Points(int corners, long[] sizes, params long[] places)
    {
        long[] shape = [.. places, sizes.Length];
        var (whole, part) = (Integers(60, shape), Between(0.15, 0.35, shape));
        return Tensor.Of(
            shape,
            [
                .. part.Floats.Select(
                    (element, i) =>
                    {
                        var size = sizes[sizes.Length - 1 - i % sizes.Length];
                        var pixel = element + whole.Integers[i] % (size + 2) - 1;
                        return corners != 0 ? 2 * pixel / (size - 1) - 1 : (2 * pixel + 1) / size - 1;
                    }
                ),
            ]
        );
    }
}
