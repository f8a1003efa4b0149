using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>Scales and zero points of quantized tensors, and the integers that numbers become.</summary>
internal static class Scales
{
    /// <summary>
    /// A scale or zero point as it broadcasts to a tensor of a shape: a scalar, a vector along <c>axis</c> (default 1), or one entry for
    /// each <c>block_size</c> entries along it.
    /// </summary>
    public static Value Along(GraphBuilder b, Value scale, TensorShape shape, Attributes attributes)
    {
        if (scale.Type.Shape.Elements.IsOne)
            return Reshape.To(b, scale, TensorShape.Scalar);
        var axis = Axes.Normalize(attributes.Int("axis", 1), shape.Rank);
        var block = attributes.Int("block_size", 0);
        if (block == 0)
            return scale.Type.Rank == 1
                ? Vector(b, scale, shape.Rank, axis)
                : throw new UnsupportedOperatorException($"a scale of shape {scale.Type.Shape} needs a block_size.");
        var length =
            shape[axis].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {shape[axis]} of an axis that is quantized in blocks is not known; give the sizes of symbolic dimensions."
            );
        return Gather.Of(b, scale, b.Vector(length, i => i / block), axis);
    }

    /// <summary>A vector along an axis of tensors of a rank; a scalar, or a vector of one entry, as a scalar.</summary>
    public static Value Vector(GraphBuilder b, Value vector, int rank, int axis)
    {
        if (vector.Type.Shape.Elements.IsOne)
            return Reshape.To(b, vector, TensorShape.Scalar);
        return axis >= 0 && axis < rank
            ? Reshape.To(b, vector, [vector.Type.Shape[0], .. Enumerable.Repeat((Dim)1, rank - 1 - axis)])
            : throw new ShapeException($"a tensor of {rank} dimensions has no axis {axis} for a vector {vector.Type.Shape}");
    }

    /// <summary>Integers as numbers of a floating-point type, less a zero point that broadcasts to them where there is one.</summary>
    public static Expr Centered(GraphBuilder b, Value x, Value? zeroPoint, ElementType element)
    {
        var number = new Expr(b, Cast.Of(b, x, element));
        return zeroPoint is null ? number : number - number.With(Cast.Of(b, zeroPoint, element));
    }

    /// <summary>Numbers rounded to whole ones, the even one of two that are as near, shifted by a zero point and cut to the range of an
    /// integer type; for a narrow floating-point type rounded to that.</summary>
    public static Value Saturated(Expr x, Value? zeroPoint, ElementType element)
    {
        if (element.IsNarrowFloat())
            return Cast.Of(x.Builder, x, element);
        var (least, greatest) = Integers.Bounds(element);
        var y = x.Through<Round>();
        if (zeroPoint is not null)
            y += y.With(Cast.Of(y.Builder, zeroPoint, y.Value.Type.Element));
        y = y.With(Min.Of(y.Builder, Max.Of(y.Builder, y, y.Number(least)), y.Number(greatest)));
        return Cast.Of(y.Builder, y, element);
    }
}
