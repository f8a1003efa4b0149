using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Verification;

/// <summary>A number that an entry is compared with, and the size of its own error.</summary>
internal sealed record EntryReference(double Value, Func<double> Error);

/// <summary>Compares entries of results with references.</summary>
internal static class EntryComparison
{
    /// <summary>
    /// How many times the size of the errors that were sampled a difference may be: kernels add up terms one after the other, which leaves
    /// more than the single error that is sampled for each node.
    /// </summary>
    private const double Margin = 16;

    /// <summary>
    /// The comparison with the first reference that agrees as it is; where none does, with that which agrees best once what rounding makes
    /// of both is allowed for. So a difference is excused by rounding only where it must be.
    /// </summary>
    /// <param name="tensor">The result.</param>
    /// <param name="position">The position of the entry in it.</param>
    /// <param name="rounding">The size of the error that rounding leaves in the entry.</param>
    /// <param name="references">The references, each made only where those before it do not agree.</param>
    /// <param name="check">The name of what the references are.</param>
    public static VerifyEntry Of(
        ResultTensor tensor,
        int position,
        Func<double> rounding,
        IEnumerable<EntryReference> references,
        string check
    )
    {
        var computed = tensor.Numbers[position];
        var typical = tensor.Numbers.Norm() / Math.Sqrt(tensor.Numbers.Length);
        var relative = tensor.Element == ElementType.Float64 ? 1e-5 : 1e-3;
        var index = IndexOf(tensor, position);
        var tried = new List<EntryReference>();
        foreach (var reference in references)
        {
            if (Entry(reference, 0) is { Agrees: true } entry)
                return entry;
            tried.Add(reference);
        }
        return tried.Select(reference => Entry(reference, Margin * (rounding() + reference.Error()))).MinBy(entry => entry.Excess)!;

        VerifyEntry Entry(EntryReference reference, double allowed) =>
            new(
                tensor.Name,
                [.. index],
                computed,
                reference.Value,
                relative * (Math.Abs(reference.Value) + typical) + allowed,
                allowed,
                check
            );
    }

    private static long[] IndexOf(ResultTensor tensor, long position)
    {
        var index = new long[tensor.Shape.Length];
        for (var axis = index.Length - 1; axis >= 0; axis--)
            (index[axis], position) = (position % tensor.Shape[axis], position / tensor.Shape[axis]);
        return index;
    }
}
