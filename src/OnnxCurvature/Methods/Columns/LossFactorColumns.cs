using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Columns;

/// <summary>The columns of a square root of the loss's Hessian in its output.</summary>
/// <param name="output">The output.</param>
/// <param name="factor">The square root.</param>
/// <param name="samples">
/// Where samples lie in the output; one column holds a column of each sample. Where they are not told apart, every entry or class of every sample
/// has columns of its own, so that the squares of whole pull-backs add up to the diagonal, however samples are coupled before the output.
/// </param>
public sealed class LossFactorColumns(Value output, LossFactor factor, SampleLayout samples) : ColumnSource
{
    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Columns => factor.Columns(samples).Known ?? throw new UserErrorException(
        $"The shape {output.Type.Shape} of '{output.Name}' is not fully known, so its entries cannot be counted; give sizes with --dim NAME=SIZE.");

    /// <inheritdoc/>
    public override Value? Weight => factor.Weight;

    /// <inheritdoc/>
    public override ColumnPair ColumnsAt(ColumnStage stage) => new(stage.Masked(factor.ColumnsAt(stage.Outer, stage.Body, stage.Indices, samples)));
}
