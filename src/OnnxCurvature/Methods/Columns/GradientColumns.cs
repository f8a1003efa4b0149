using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// The samples' own gradients in the loss's output: one column that holds all of them, or, where samples are coupled before the output, a column
/// for each sample, which is zero at all others.
/// </summary>
/// <param name="output">The loss's output z.</param>
/// <param name="gradient">The gradient of the loss in z.</param>
/// <param name="weight">What multiplies the sum of squares.</param>
/// <param name="each">Which entries of z belong to which sample, where there is a column for each; null where one column holds all.</param>
internal sealed class GradientColumns(Value output, Value gradient, Value weight, SampleLayout? each) : ColumnSource
{
    /// <inheritdoc/>
    public override Value At => output;

    /// <inheritdoc/>
    public override long Columns => each is { IsSeparate: true } samples ? samples.SamplesOf(output.Type.Shape).Factor : 1;

    /// <inheritdoc/>
    public override Value? Weight => weight;

    /// <inheritdoc/>
    public override ColumnPair ColumnsAt(ColumnStage stage)
    {
        var (b, shape) = (stage.Body, output.Type.Shape);
        var column = Reshape.InsertAxis(b, gradient, 0);
        var all = each is { IsSeparate: true } samples
            ? Mul.Of(b, column, SamplesFirst.Spread(b, OneHotRows.Of(b, stage.Indices, Columns, output.Type.Element), shape, samples))
            : Expand.Of(b, column, shape.Prepend(stage.ChunkSize));
        return new ColumnPair(stage.Masked(all));
    }
}
