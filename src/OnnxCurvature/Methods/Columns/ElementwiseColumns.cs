using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// What an elementwise function v = φ(u) adds to the curvature: ∇² = diag(λ φ''(u)), with λ the loss's gradient in v. Its columns are e_k and
/// the multiple (λ φ'')_k e_k, one for each entry of a sample.
/// </summary>
/// <param name="at">u.</param>
/// <param name="diagonal">λ φ''(u), of the same shape.</param>
/// <param name="samples">How the samples, which share a column, lie in u; none where they are not told apart.</param>
public sealed class ElementwiseColumns(Value at, Value diagonal, SampleLayout samples) : ColumnSource
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
        var first = SamplesFirst.Of(stage.Outer, diagonal, samples);
        var flat = Reshape.To(stage.Outer, first, [first.Type.Shape[0], Columns]);
        return new ColumnPair(stage.Masked(Units(stage, At, samples)), Scale: TransposeAxes.Last(stage.Body, Gather.Of(stage.Body, flat, stage.Indices, 1)));
    }
}
