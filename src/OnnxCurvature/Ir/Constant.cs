namespace OnnxCurvature.Ir;

/// <summary>
/// The contents of a constant value. A small one is in memory; a weight may stay in the file that it came from and be read
/// only when its elements are asked for.
/// </summary>
public abstract class Constant
{
    /// <summary>Element type and shape, all dimensions known.</summary>
    public abstract TensorType Type { get; }

    /// <summary>Reads the elements.</summary>
    public abstract Tensor Read();

    /// <summary>
    /// Reads some of the elements, in row-major order from <paramref name="start"/> on, as a vector, and no others where they lie in a
    /// file.
    /// </summary>
    public virtual Tensor Part(long start, int count) => Read().Pick([count], [.. Enumerable.Range(checked((int)start), count)]);
}

/// <summary>A constant that is held in memory.</summary>
public sealed class InlineConstant(Tensor tensor) : Constant
{
    /// <inheritdoc/>
    public override TensorType Type => tensor.Type;

    /// <inheritdoc/>
    public override Tensor Read() => tensor;
}
