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
}

/// <summary>A constant that is held in memory.</summary>
public sealed class InlineConstant(Tensor tensor) : Constant
{
    /// <inheritdoc/>
    public override TensorType Type => tensor.Type;

    /// <inheritdoc/>
    public override Tensor Read() => tensor;
}
