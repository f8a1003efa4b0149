using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// The columns of a square root of the loss's Hessian in its output where samples may mix before it: column c N + n is s_c of sample n, and zero at all other samples, so that
/// the squares of whole pull-backs add up to the diagonal.
/// </summary>
/// <param name="output">The loss's output z, with a known number of samples N.</param>
/// <param name="factor">The factor of one sample.</param>
public sealed class CoupledFactorColumns(Value output, LossFactor factor) : ColumnSource
{
    private readonly long _samples = output.Type.Shape[0].Factor;

    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Columns => _samples * factor.Columns;

    /// <inheritdoc/>
    public override Value? Weight => factor.Weight;

    /// <inheritdoc/>
    public override ColumnPair ColumnsAt(ColumnStage stage)
    {
        var (b, shape) = (stage.Body, output.Type.Shape);
        var count = b.Scalar(ElementType.Int64, _samples);
        var column = Div.Of(b, stage.Indices, count);
        var sample = Sub.Of(b, stage.Indices, Mul.Of(b, column, count));
        var mask = Reshape.To(b, OneHotRows.Of(b, sample, _samples, output.Type.Element), TensorShape.Of([.. Enumerable.Repeat(1L, shape.Rank)]).With(0, _samples).Prepend(stage.ChunkSize));
        return new ColumnPair(stage.Masked(Mul.Of(b, mask, factor.ColumnsAt(b, column))));
    }
}
