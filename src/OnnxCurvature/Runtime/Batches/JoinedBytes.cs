using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>The bytes of the results of a run while they are put together.</summary>
internal static class JoinedBytes
{
    /// <summary>The numbers that hold the rounding errors of a sum over batches, as it was seen with results in float32.</summary>
    private const int MostErrors = 2;

    /// <summary>
    /// The bytes of all sums (<see cref="ExactSum"/>) at the end of a run: a number of its own type for each entry where there is one part
    /// of them; else a float64, another one for its rounding error, and a third one where these are weighted. Of results of single samples
    /// every batch has a piece, and the whole is put together beside them. Moments of a batch are there beside the squares of errors until
    /// it ends, which is at once where it is not divided.
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
            // One part of numbers that float32 holds takes half a float64 each; squares are float64.
            var isSingle = divided + several == 0 && output.Value.Type.Element != ElementType.Float64;
            if (perSample.Contains(output.Name))
                held += numbers * batches * (isSingle ? 0.5 : 1 + divided + several);
            else if (!moments.Contains(output.Name))
                held += numbers * (isSingle && !IsSquared(output.Name) ? 0.5 : 1 + Math.Max(divided, MostErrors * several));
            else
            {
                held += numbers / 2 * (1 + MostErrors * several) + divided * 2 * numbers;
                atOnce = Math.Max(atOnce, numbers * (isSingle ? 1.5 : 1));
            }
        }
        return sizeof(double) * (held + atOnce);
    }

    private static bool IsSquared(string name) => Quantities.OfOutput(name)?.Quantity.EstimateOfError() is not null;
}
