using System.Collections.Immutable;
using OnnxCurvature.Methods.Checking;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>A pair of directions, and the entries of results that are compared with what is derived along it.</summary>
/// <param name="Value">The value along which the directions lie, as an index of <see cref="DirectionalDerivatives.Values"/>.</param>
/// <param name="OtherValue">The value along which b lies.</param>
/// <param name="A">The entries of a that are not zero.</param>
/// <param name="B">Those of b; null where b is a.</param>
/// <param name="Compared">The results, and the positions of the elements that are derivatives along these directions.</param>
internal sealed record Probe(
    int Value,
    int OtherValue,
    ImmutableArray<(long Entry, double Element)> A,
    ImmutableArray<(long Entry, double Element)>? B,
    ImmutableArray<(ResultEntries Entries, ImmutableArray<long> Positions)> Compared
)
{
    /// <summary>The factor of an output of the check program where a (and b, where it is a) is multiplied by a factor.</summary>
    public double Power(CheckedDerivatives output, double factor) =>
        output is CheckedDerivatives.First or CheckedDerivatives.Image || B is not null ? factor : factor * factor;
}
