using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnnxCurvature.Ir;

/// <summary>
/// The contents of a constant value. A small one is in memory; a weight may stay in the file that it came from and be read
/// only when its elements are asked for.
/// </summary>
internal abstract class Constant
{
    /// <summary>Element type and shape, all dimensions known.</summary>
    public abstract TensorType Type { get; }

    /// <summary>Reads the elements.</summary>
    public abstract Tensor Read();

    /// <summary>
    /// Reads some of the elements, in row-major order from <paramref name="start"/> on, as a vector, and no others where they lie in a
    /// file.
    /// </summary>
    public virtual Tensor Part(long start, int count) => Read().Gather([count], [.. Enumerable.Range(checked((int)start), count)]);
}

/// <summary>A constant that is held in memory.</summary>
internal sealed class InlineConstant(Tensor tensor) : Constant
{
    private readonly Lazy<string> _contents = new(() => Text(tensor));

    /// <summary>A text that is the same for constants of the same type and elements: these, or a digest of many.</summary>
    internal string Contents => _contents.Value;

    /// <inheritdoc/>
    public override TensorType Type => tensor.Type;

    /// <inheritdoc/>
    public override Tensor Read() => tensor;

    private static string Text(Tensor tensor)
    {
        var elements = tensor.Element.IsFloat()
            ? MemoryMarshal.AsBytes(tensor.Floats.AsSpan())
            : MemoryMarshal.AsBytes(tensor.Integers.AsSpan());
        return $"{tensor.Type}:{Convert.ToHexString(elements.Length <= 32 ? elements : SHA256.HashData(elements))}";
    }
}
