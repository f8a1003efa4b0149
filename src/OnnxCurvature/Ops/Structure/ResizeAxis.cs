using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Structure;

/// <summary>Where Resize samples along one axis, and with which weights.</summary>
/// <param name="attributes">The attributes of Resize.</param>
/// <param name="length">The size of the axis.</param>
/// <param name="count">The number of samples.</param>
/// <param name="scale">The factor.</param>
/// <param name="start">Where the region begins that is sampled, as a part of the axis; only for the coordinates
/// "tf_crop_and_resize".</param>
/// <param name="end">Where it ends.</param>
internal sealed class ResizeAxis(Attributes attributes, long length, long count, double scale, double start, double end)
{
    /// <summary>
    /// One for each sample that lies on the axis, zero for one beyond it, whose value is the extrapolation; null where all are on it.
    /// </summary>
    public double[]? Inside()
    {
        if (attributes.Text("coordinate_transformation_mode", "half_pixel") != "tf_crop_and_resize")
            return null;
        var inside = Enumerable
            .Range(0, (int)count)
            .Select(sample => Coordinate(sample) is var at && (at < 0 || at > length - 1) ? 0.0 : 1)
            .ToArray();
        return inside.All(one => one == 1) ? null : inside;
    }

    /// <summary>The index of the nearest entry for each sample.</summary>
    public long[] Nearest() =>
        [.. Enumerable.Range(0, (int)count).Select(sample => Math.Clamp((long)Rounded(Coordinate(sample)), 0, length - 1))];

    /// <summary>The weight of each entry in each sample: a matrix [length, count].</summary>
    public Tensor Weights(ElementType element)
    {
        var weights = Tensor.Filled(element, [length, count], 0);
        for (var sample = 0; sample < count; sample++)
            foreach (
                var (index, weight) in attributes.Text("mode", "nearest") switch
                {
                    "linear" when IsFiltered => Filtered(Coordinate(sample), 1, distance => Math.Max(0, 1 - distance)),
                    "cubic" when IsFiltered => Filtered(Coordinate(sample), 2, CubicKernel),
                    "linear" => Linear(Coordinate(sample)),
                    "cubic" => Cubic(Coordinate(sample)),
                    var mode => throw new UnsupportedOperatorException($"Resize in mode '{mode}' is not supported."),
                }
            )
                weights.Floats[Math.Clamp(index, 0, length - 1) * count + sample] += weight;
        return weights;
    }

    private double Coordinate(int sample) =>
        attributes.Text("coordinate_transformation_mode", "half_pixel") switch
        {
            "half_pixel" => (sample + 0.5) / scale - 0.5,
            "pytorch_half_pixel" => count > 1 ? (sample + 0.5) / scale - 0.5 : 0,
            "asymmetric" => sample / scale,
            Resize.LastInOpset11 => (sample + 0.5) / scale,
            "align_corners" => count > 1 ? sample * (length - 1.0) / (count - 1) : 0,
            "half_pixel_symmetric" => length / 2.0 * (1 - count / (scale * length)) + (sample + 0.5) / scale - 0.5,
            "tf_crop_and_resize" => count > 1
                ? start * (length - 1) + sample * (end - start) * (length - 1) / (count - 1)
                : 0.5 * (start + end) * (length - 1),
            var mode => throw new UnsupportedOperatorException($"Resize with the coordinates '{mode}' is not supported."),
        };

    private double Rounded(double at) =>
        attributes.Text("nearest_mode", "round_prefer_floor") switch
        {
            "round_prefer_floor" => Math.Ceiling(at - 0.5),
            "round_prefer_ceil" => Math.Floor(at + 0.5),
            "floor" => Math.Floor(at),
            "ceil" => Math.Ceiling(at),
            var mode => throw new UnsupportedOperatorException($"Resize with the rounding '{mode}' is not supported."),
        };

    private IEnumerable<(long Index, double Weight)> Linear(double at)
    {
        var within = Math.Clamp(at, 0, length - 1);
        var left = (long)within;
        return [(left, 1 - (within - left)), (left + 1, within - left)];
    }

    /// <summary>Whether the kernel is made wider where the axis becomes shorter, which prevents aliasing.</summary>
    private bool IsFiltered => attributes.Int("antialias", 0) != 0 && scale < 1;

    /// <summary>Keys' cubic convolution over four entries.</summary>
    private IEnumerable<(long Index, double Weight)> Cubic(double at)
    {
        var left = (long)Math.Floor(at);
        return Within([.. Enumerable.Range(-1, 4).Select(offset => (left + offset, CubicKernel(Math.Abs(at - left - offset))))]);
    }

    /// <summary>A kernel of a reach, stretched by 1 / scale, its weights divided by their sum.</summary>
    private IEnumerable<(long Index, double Weight)> Filtered(double at, int reach, Func<double, double> kernel)
    {
        var (first, last) = ((long)Math.Ceiling(at - reach / scale), (long)Math.Floor(at + reach / scale));
        var taps = Enumerable
            .Range(0, (int)(last - first + 1))
            .Select(offset => (Index: first + offset, Weight: kernel(Math.Abs(at - first - offset) * scale)))
            .ToArray();
        var sum = taps.Sum(tap => tap.Weight);
        return Within([.. taps.Select(tap => (tap.Index, tap.Weight / sum))]);
    }

    /// <summary>Entries outside repeat the border, or, with exclude_outside, count for nothing and the others for more.</summary>
    private IEnumerable<(long Index, double Weight)> Within((long Index, double Weight)[] taps)
    {
        if (attributes.Int("exclude_outside", 0) == 0)
            return taps;
        var inside = taps.Where(tap => tap.Index >= 0 && tap.Index < length).ToArray();
        var sum = inside.Sum(tap => tap.Weight);
        return inside.Select(tap => (tap.Index, tap.Weight / sum));
    }

    private double CubicKernel(double distance)
    {
        var a = attributes.Float("cubic_coeff_a", -0.75);
        return distance <= 1 ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
            : distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
            : 0;
    }
}
