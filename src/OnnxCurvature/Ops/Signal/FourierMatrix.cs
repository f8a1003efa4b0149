using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Signal;

/// <summary>
/// The discrete Fourier transform as a real matrix. A complex number is a pair along the last axis, (real, imaginary); a real one stands
/// alone.
/// </summary>
internal static class FourierMatrix
{
    /// <summary>
    /// The transform of x [..., samples, 1 or 2] along its last axis but one, cut or filled with zeros to a length: [..., bins, parts].
    /// With <paramref name="inverse"/> it is the inverse one, divided by the length. From half a spectrum, <paramref name="isHalf"/>, the
    /// inverse transform takes the other half to be its mirror image.
    /// </summary>
    public static Value Apply(GraphBuilder b, Value x, long length, long bins, int parts, bool inverse, bool isHalf)
    {
        var shape = x.Type.Shape;
        var (samples, components) = (shape[^2], shape[^1]);
        if (samples.Known is not { } count || components.Known is not (1 or 2))
            throw new UnsupportedOperatorException(
                $"the samples {shape} of a Fourier transform are not of known number, or neither real nor complex; give the sizes of "
                    + $"symbolic dimensions."
            );
        var given = (int)components.Factor;
        var matrix = Tensor.Filled(x.Type.Element, [count * given, bins * parts], 0);
        for (long n = 0; n < Math.Min(count, isHalf ? length / 2 + 1 : length); n++)
        for (long k = 0; k < bins; k++)
        {
            // The remainder keeps the angle small, and the sine exact.
            var angle = (inverse ? 2 : -2) * Math.PI * (n * k % length) / length;
            var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
            var weight = (inverse ? 1.0 / length : 1) * (isHalf && n > 0 && 2 * n < length ? 2 : 1);
            for (var from = 0; from < given; from++)
            for (var to = 0; to < parts; to++)
                matrix.Floats[(n * given + from) * bins * parts + k * parts + to] =
                    weight
                    * (
                        from == to ? cos
                        : from == 0 ? sin
                        : -sin
                    );
        }
        var flat = Reshape.To(b, x, [.. shape.Range(0, shape.Rank - 2), samples * components]);
        return Reshape.To(b, MatMul.Of(b, flat, b.Constant(matrix)), [.. shape.Range(0, shape.Rank - 2), bins, parts]);
    }
}
