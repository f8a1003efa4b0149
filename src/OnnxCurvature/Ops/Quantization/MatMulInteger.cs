using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Products;

namespace OnnxCurvature.Ops.Quantization;

/// <summary>
/// The product of two matrices of 8-bit integers less their zero points, in int32. Inputs: a, b, and a zero point of each, one or one for
/// each row of a or column of b.
/// </summary>
internal sealed class MatMulInteger : CompositeOperator
{
    /// <inheritdoc/>
    public override int LeastRank => 1;

    /// <summary>In double precision, which holds all sums of products of 8-bit integers exactly.</summary>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (left, right) = (call.Required(0), call.Required(1));
        var rows = call.Input(2) is { } first ? Scales.Vector(b, first, left.Type.Rank, left.Type.Rank - 2) : null;
        var columns = call.Input(3) is { } second ? Scales.Vector(b, second, right.Type.Rank, right.Type.Rank - 1) : null;
        var product = MatMul.Of(
            b,
            Scales.Centered(b, left, rows, ElementType.Float64),
            Scales.Centered(b, right, columns, ElementType.Float64)
        );
        return [Cast.Of(b, product, ElementType.Int32)];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) =>
        2 * size(node.Output.Type.Shape.Elements) * size(node.Inputs[0]!.Type.Shape[^1]);
}
