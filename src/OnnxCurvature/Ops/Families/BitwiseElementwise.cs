using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Families;

/// <summary>A function of the bits of two integers of one type, element by element under broadcasting.</summary>
internal abstract class BitwiseElementwise : Pairwise
{
    /// <summary>The function; bits beyond those of the type are dropped.</summary>
    protected abstract long Combine(Attributes attributes, long a, long b);

    /// <inheritdoc/>
    protected sealed override ElementType Result(ElementType inputs) => inputs;

    /// <inheritdoc/>
    protected sealed override long Combine(Attributes attributes, Tensor a, int i, Tensor b, int j) =>
        Integers.Wrap(a.Element, Combine(attributes, a.Integers[i], b.Integers[j]));
}
