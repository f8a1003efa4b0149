using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Structure;

/// <summary>Where Resize samples along one axis, and with which weights.</summary>
/// <param name="attributes">The attributes of Resize.</param>
/// <param name="length">The size of the axis.</param>
/// <param name="count">The number of samples.</param>
/// <param name="scale">The factor.</param>
internal sealed class ResizeAxis(Attributes attributes, long length, long count, double scale)
{
    /// <summary>The index of the nearest entry for each sample.</summary>
    public long[] Nearest() => [.. Enumerable.Range(0, (int)count).Select(sample => Math.Clamp((long)Rounded(Coordinate(sample)), 0, length - 1))];

    /// <summary>The weight of each entry in each sample: a matrix [length, count].</summary>
    public Tensor Weights(ElementType element)
    {
        var weights = Tensor.Filled(element, [length, count], 0);
        for (var sample = 0; sample < count; sample++)
            foreach (var (index, weight) in attributes.Text("mode", "nearest") switch
            {
                "linear" => Linear(Coordinate(sample)),
                "cubic" => Cubic(Coordinate(sample)),
                var mode => throw new UnsupportedOperatorException($"Resize in mode '{mode}' is not supported."),
            })
                weights.Floats[Math.Clamp(index, 0, length - 1) * count + sample] += weight;
        return weights;
    }

    private double Coordinate(int sample) => attributes.Text("coordinate_transformation_mode", "half_pixel") switch
    {
        "half_pixel" => (sample + 0.5) / scale - 0.5,
        "pytorch_half_pixel" => count > 1 ? (sample + 0.5) / scale - 0.5 : 0,
        "asymmetric" => sample / scale,
        "align_corners" => count > 1 ? sample * (length - 1.0) / (count - 1) : 0,
        "half_pixel_symmetric" => length / 2.0 * (1 - count / (scale * length)) + (sample + 0.5) / scale - 0.5,
        var mode => throw new UnsupportedOperatorException($"Resize with the coordinates '{mode}' is not supported."),
    };

    private double Rounded(double at) => attributes.Text("nearest_mode", "round_prefer_floor") switch
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

    /// <summary>Keys' cubic convolution over four entries; entries outside repeat the border, or count for nothing and the others for more.</summary>
    private IEnumerable<(long Index, double Weight)> Cubic(double at)
    {
        var a = attributes.Float("cubic_coeff_a", -0.75);
        var left = (long)Math.Floor(at);
        var taps = Enumerable.Range(-1, 4).Select(offset => (Index: left + offset, Weight: Kernel(Math.Abs(at - left - offset)))).ToArray();
        if (attributes.Int("exclude_outside", 0) != 0)
        {
            var inside = taps.Where(tap => tap.Index >= 0 && tap.Index < length).ToArray();
            var sum = inside.Sum(tap => tap.Weight);
            return inside.Select(tap => (tap.Index, tap.Weight / sum));
        }
        return taps;

        double Kernel(double distance) => distance <= 1
            ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
            : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a;
    }
}
