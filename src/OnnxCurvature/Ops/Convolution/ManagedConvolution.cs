using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;

namespace OnnxCurvature.Ops.Convolution;

/// <summary>Convolutions in double, by unfolding and matrix products: the managed evaluation of Conv and ConvTranspose.</summary>
internal static class ManagedConvolution
{
    /// <summary>Output positions that are unfolded at a time: it bounds the memory of a wide image.</summary>
    private const int PositionBlock = 4096;

    /// <summary>x [N, C, *spatial] with w [O, C/G, *kernel].</summary>
    public static Tensor Forward(Tensor x, Tensor w, Window window, int groups)
    {
        long[] sizes = [.. x.Shape.Skip(2)];
        var outputs = window.Outputs(sizes);
        var taps = window.Taps(sizes, outputs);
        var (samples, outs, channels) = ((int)x.Shape[0], (int)w.Shape[0] / groups, (int)w.Shape[1]);
        var (kernel, area, positions) = (Product(window.Kernel), Product(sizes), Product(outputs));
        var y = new double[samples * groups * outs * positions];
        for (var block = 0; block < samples * groups; block++)
        for (var start = 0; start < positions; start += PositionBlock)
        {
            var (from, first) = (start, block * channels * area);
            var count = Math.Min(PositionBlock, positions - start);
            var columns = new double[channels * kernel * count];
            Rows(
                channels * kernel,
                count,
                row =>
                {
                    var (offset, tap) = (first + row / kernel * area, row % kernel * positions + from);
                    for (var p = 0; p < count; p++)
                        columns[row * count + p] = taps[tap + p] is var at && at >= 0 ? x.Floats[offset + at] : 0;
                }
            );
            var product = new double[outs * count];
            DenseProduct.Multiply(
                w.Floats.AsMemory(block % groups * outs * channels * kernel, outs * channels * kernel),
                columns,
                product,
                channels * kernel,
                count
            );
            for (var o = 0; o < outs; o++)
                product.AsSpan(o * count, count).CopyTo(y.AsSpan((block * outs + o) * positions + start));
        }
        return Tensor.Of(x.Element, [samples, groups * outs, .. outputs], y);
    }

    /// <summary>
    /// The transposed convolution of x [N, C, *spatial] with w [C, O/G, *kernel] into <paramref name="sizes"/> spatial positions, over
    /// which the window slides: each input position adds its kernel to the output.
    /// </summary>
    public static Tensor Transposed(Tensor x, Tensor w, Window window, int groups, long[] sizes)
    {
        long[] windows = [.. x.Shape.Skip(2)];
        var taps = window.Taps(sizes, windows);
        var (samples, outs, channels) = ((int)x.Shape[0], (int)w.Shape[1], (int)w.Shape[0] / groups);
        var (kernel, area, positions) = (Product(window.Kernel), Product(sizes), Product(windows));
        var y = new double[samples * groups * outs * area];
        var turned = new double[groups * outs * kernel * channels];
        for (var g = 0; g < groups; g++)
        for (var c = 0; c < channels; c++)
        for (var row = 0; row < outs * kernel; row++)
            turned[(g * outs * kernel + row) * channels + c] = w.Floats[(g * channels + c) * outs * kernel + row];
        for (var block = 0; block < samples * groups; block++)
        {
            var first = block * outs * area;
            var product = new double[outs * kernel * positions];
            DenseProduct.Multiply(
                turned.AsMemory(block % groups * outs * kernel * channels, outs * kernel * channels),
                x.Floats.AsMemory(block * channels * positions, channels * positions),
                product,
                channels,
                positions
            );
            Rows(
                outs,
                kernel * positions,
                o =>
                {
                    for (var tap = 0; tap < kernel * positions; tap++)
                        if (taps[tap] >= 0)
                            y[first + o * area + taps[tap]] += product[o * kernel * positions + tap];
                }
            );
        }
        return Tensor.Of(x.Element, [samples, groups * outs, .. sizes], y);
    }

    /// <summary>Adds a vector over the channels of y in place.</summary>
    public static void AddBias(Tensor y, Tensor bias)
    {
        var area = Product(y.Shape.Skip(2));
        for (var i = 0; i < y.Count; i++)
            y.Floats[i] += bias.Floats[i / area % bias.Count];
    }

    private static void Rows(int rows, int width, Action<int> row)
    {
        if ((long)rows * width > 1 << 15)
            Parallel.For(0, rows, row);
        else
            for (var index = 0; index < rows; index++)
                row(index);
    }

    private static int Product(IEnumerable<long> sizes) => sizes.Aggregate(1, (product, size) => checked(product * (int)size));
}
