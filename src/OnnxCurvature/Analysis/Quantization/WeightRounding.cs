using OnnxCurvature.Analysis.Statistics;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>Rounds weights to integers and back, as ONNX's QuantizeLinear and DequantizeLinear do, to the nearest, ties to even.</summary>
internal static class WeightRounding
{
    /// <summary>
    /// The weight after rounding, in the order output channel, input channel, window. Scales are float32, as files hold them.
    /// </summary>
    public static double[] Rounded(KernelMap weight, QuantizationScheme scheme)
    {
        var (entries, channel) = (weight.Entries.Length, weight.Entries.Length / weight.Outputs);
        var rounded = new double[entries];
        var size = scheme.GroupSize(entries, channel);
        var length = scheme.Granularity == Granularity.Tensor ? entries : channel;
        for (var start = 0; start < entries; start += length)
        for (var block = start; block < start + length; block += size)
        {
            var count = Math.Min(size, start + length - block);
            Round(weight.Entries.AsSpan(block, count), rounded.AsSpan(block, count), scheme);
        }
        return rounded;
    }

    private static void Round(ReadOnlySpan<double> entries, Span<double> rounded, QuantizationScheme scheme)
    {
        double least = 0;
        double most = 0;
        foreach (var entry in entries)
            (least, most) = (Math.Min(least, entry), Math.Max(most, entry));
        var top = scheme.IsSymmetric ? (1 << scheme.Bits - 1) - 1 : (1 << scheme.Bits) - 1;
        var scale = (double)(float)(scheme.IsSymmetric ? Math.Max(most, -least) / top : (most - least) / top);
        if (scale == 0)
        {
            entries.CopyTo(rounded);
            return;
        }
        var zero = scheme.IsSymmetric ? 0 : Math.Clamp(Math.Round(-least / scale, MidpointRounding.ToEven), 0, top);
        var bottom = scheme.IsSymmetric ? -top : 0;
        for (var index = 0; index < entries.Length; index++)
        {
            var integer = Math.Clamp(Math.Round(entries[index] / scale, MidpointRounding.ToEven) + zero, bottom, top);
            rounded[index] = (integer - zero) * scale;
        }
    }
}
