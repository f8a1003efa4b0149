using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// The value of a name that is no tensor: a sequence of tensors, or an optional value. How long it is and what is in it is known when
/// the model is loaded, so that no node needs to take or give one.
/// </summary>
/// <param name="Items">The tensors of a sequence, or the one of an optional value.</param>
/// <param name="IsOptional">Whether it is an optional value.</param>
/// <param name="Sequence">The sequence of an optional value.</param>
internal sealed record ListValue(ImmutableArray<Value> Items, bool IsOptional = false, ListValue? Sequence = null)
{
    /// <summary>Whether an optional value is there.</summary>
    public bool HasElement => Sequence is not null || !Items.IsEmpty;

    /// <summary>
    /// An index from the front for one that may be from the back. Throws <see cref="UnsupportedOperatorException"/> for one outside of 0 to
    /// <paramref name="last"/>.
    /// </summary>
    public int Position(long index, int last) =>
        (index < 0 ? index + Items.Length : index) is >= 0 and var position && position <= last
            ? (int)position
            : throw new UnsupportedOperatorException($"the position {index} is outside of a sequence of {Items.Length} tensors.");
}
