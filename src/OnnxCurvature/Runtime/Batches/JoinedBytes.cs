using OnnxCurvature.Ir;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>The bytes of the results of a run while they are put together.</summary>
internal static class JoinedBytes
{
    /// <summary>The numbers that hold the rounding errors of a sum over batches, as it was seen with results in float32.</summary>
    private const int MostErrors = 2;

    /// <summary>
    /// The bytes of all sums (<see cref="ExactSum"/>) at the end of a run: a float64 for each entry, another one for its rounding error
    /// where there are several parts, and a third one where these are weighted. Of results of single samples every batch has a piece, and
    /// the whole is put together beside them. Moments of a batch are there beside the squares of errors until it ends, which is at once
    /// where it is not divided.
    /// </summary>
    /// <param name="results">The outputs of the program that are results.</param>
    /// <param name="perSample">The names of those of single samples.</param>
    /// <param name="moments">The names of those that are moments of standard errors.</param>
    /// <param name="batches">The number of batches.</param>
    /// <param name="isDivided">Whether a batch may be run in several parts.</param>
    /// <param name="size">The size of a dimension.</param>
    public static double Of(
        IEnumerable<NamedValue> results,
        IReadOnlyCollection<string> perSample,
        IReadOnlyCollection<string> moments,
        long batches,
        bool isDivided,
        Func<Dim, double> size
    )
    {
        var (divided, several) = (isDivided ? 1 : 0, batches > 1 ? 1 : 0);
        var (held, atOnce) = (0.0, 0.0);
        foreach (var output in results)
        {
            var numbers = size(output.Value.Type.Shape.Elements);
            if (perSample.Contains(output.Name))
                held += numbers * batches * (1 + divided + several);
            else if (!moments.Contains(output.Name))
                held += numbers * (1 + Math.Max(divided, MostErrors * several));
            else
            {
                held += numbers / 2 * (1 + MostErrors * several) + divided * 2 * numbers;
                atOnce = Math.Max(atOnce, numbers);
            }
        }
        return sizeof(double) * (held + atOnce);
    }
}
