using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Microsoft;

/// <summary>
/// A·Wᵀ + bias, where W [<c>N</c>, <c>K</c>] is stored as integers of 4 or 8 <c>bits</c>, (integer - zero point) scale, in blocks of
/// <c>block_size</c> along its rows. Inputs: A [.., K], the bytes [N, blocks, bytes of a block] with the lower half of a byte before the
/// upper one, the scales of the blocks [N * blocks], their zero points (packed like W, or numbers; the middle of the range where they are
/// left out), an order of the blocks, which is not taken, and the bias [N]. Linear in A, in the scales and in the bias.
/// </summary>
internal sealed class MatMulNBits : MicrosoftOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (x, stored) = (new Expr(b, call.Required(0)), call.Required(1));
        var columns = call.Attributes.Int("K", 0);
        var rows = call.Attributes.Int("N", 0);
        var bits = call.Attributes.Int("bits", 4);
        var block = call.Attributes.Int("block_size", 0);
        if (bits is not (4 or 8) || call.Input(4) is not null || block < 1)
            throw new UnsupportedOperatorException("MatMulNBits is supported with 4 or 8 bits and without an order of its blocks.");
        var blocks = WholeNumbers.DivideUp(columns, block);
        var integers = Reshape.To(b, Unpacked(x, stored, bits, blocks * block), [rows, blocks, block]);
        var zero = call.Input(3) is not { } points
            ? x.Number(bits == 4 ? 8 : 128)
            : Reshape.To(b, points.Type.Element.IsFloat() ? points : Unpacked(x, points, bits, blocks), [rows, blocks, 1]);
        var weight = (x.With(integers) - x.With(zero)) * x.With(Reshape.To(b, call.Required(2), [rows, blocks, 1]));
        var whole = Slice.Of(b, Reshape.To(b, weight, [rows, blocks * block]), 1, 0, columns);
        var y = x.With(MatMul.Of(b, x, TransposeAxes.Last(b, whole)));
        return [call.Input(5) is { } bias ? y + y.With(bias) : y];

        // [N, count]: the integers in bytes as numbers.
        Value Unpacked(Expr like, Value bytes, long width, long count)
        {
            var whole = like.With(
                Cast.Of(
                    b,
                    Reshape.To(
                        b,
                        bytes,
                        [
                            rows,
                            bytes.Type.Shape.Elements.DividedBy(rows)
                                ?? throw new UnsupportedOperatorException($"{bytes.Type.Shape} is not split into {rows} rows."),
                        ]
                    ),
                    like.Value.Type.Element
                )
            );
            if (width == 8)
                return whole;
            var upper = (whole / 16).Through<Floor>();
            var both = Concat.Of(b, [Reshape.InsertAxis(b, whole - 16 * upper, 2), Reshape.InsertAxis(b, upper, 2)], 2);
            var shape = whole.Value.Type.Shape;
            return Slice.Of(b, Reshape.To(b, both, [shape[0], shape[1] * 2]), 1, 0, count);
        }
    }
}
