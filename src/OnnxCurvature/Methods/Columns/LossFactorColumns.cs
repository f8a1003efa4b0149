using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;

namespace OnnxCurvature.Methods.Columns;

/// <summary>The columns of a square root of the loss's Hessian in its output.</summary>
public sealed class LossFactorColumns(Value output, LossFactor factor) : ColumnSource
{
    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Columns => factor.Columns;

    /// <inheritdoc/>
    public override Value? Weight => factor.Weight;

    /// <inheritdoc/>
    public override ColumnPair ColumnsAt(ColumnStage stage) => new(stage.Masked(factor.ColumnsAt(stage.Body, stage.Indices)));
}
