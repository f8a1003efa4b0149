using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Columns;

/// <summary>
/// A second derivative at a value s, one sample at a time, as a sum of columns: ∇² = weight · Σ_c a_c b_cᵀ. Columns are made when they are
/// needed, a chunk at a time; targets whose columns come from the same source share them.
/// </summary>
public abstract class ColumnSource
{
    /// <summary>The value at which the columns are.</summary>
    public abstract Value At { get; }

    /// <summary>The number of columns of one sample.</summary>
    public abstract long Columns { get; }

    /// <summary>What multiplies the sum: a scalar of the outer program; null for one.</summary>
    public virtual Value? Weight => null;

    /// <summary>Makes a chunk's columns in the body of a stage, for all samples at once; sample n holds its own column.</summary>
    public abstract ColumnPair ColumnsAt(ColumnStage stage);

    /// <summary>The entries of a value, or of one of its samples where these lie apart.</summary>
    protected static long EntriesOf(Value at, SampleLayout samples) => samples.OfOne(at.Type.Shape).Elements.Known
        ?? throw new InvalidOperationException($"The entries of '{at.Name}' {at.Type.Shape} cannot be counted.");

    /// <summary>Unit columns e_k of the entries of a value, or of one of its samples, the same for every sample, from entry <paramref name="first"/> on: [K, *s].</summary>
    protected static Value Units(ColumnStage stage, Value at, SampleLayout samples, long first = 0)
    {
        var shape = at.Type.Shape;
        var entries = first == 0 ? stage.Indices : Add.Of(stage.Body, stage.Indices, stage.Body.Scalar(ElementType.Int64, first));
        var unit = OneHotRows.Of(stage.Body, entries, EntriesOf(at, samples), at.Type.Element);
        return samples.IsSeparate ? SamplesFirst.Repeated(stage.Body, unit, shape, samples) : Reshape.To(stage.Body, unit, shape.Prepend(stage.ChunkSize));
    }
}
