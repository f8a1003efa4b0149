using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// What an elementwise function v = φ(u) adds to the curvature: ∇² = diag(λ φ''(u)), with λ the loss's gradient in v. Its columns are e_k and
/// (λ φ'')_k e_k, one for each entry of a sample.
/// </summary>
/// <param name="at">u, of shape [N, …].</param>
/// <param name="diagonal">λ φ''(u), of the same shape.</param>
/// <param name="samples">Whether the first axis is that of samples, which share a column.</param>
public sealed class ElementwiseColumns(Value at, Value diagonal, bool samples) : ColumnSource
{
    /// <summary>λ φ''(u).</summary>
    public Value Diagonal => diagonal;

    /// <inheritdoc/>
    public override Value At => at;

    /// <inheritdoc/>
    public override long Columns { get; } = EntriesOf(at, samples);

    /// <inheritdoc/>
    public override ColumnPair ColumnsAt(ColumnStage stage)
    {
        var units = stage.Masked(Units(stage, At, samples));
        return new ColumnPair(units, Mul.Of(stage.Body, units, Reshape.InsertAxis(stage.Outer, diagonal, 0)));
    }
}
