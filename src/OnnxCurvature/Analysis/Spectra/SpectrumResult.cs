using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Spectra;

/// <summary>The spectrum of the Hessian of a loss by some weights, together and one by one.</summary>
/// <param name="Parts">That of all weights together first.</param>
internal sealed record SpectrumResult(ImmutableArray<PartSpectrum> Parts)
{
    /// <summary>The figures as JSON, with the density.</summary>
    internal string ToJson() => JsonText.Of(SpectrumDocument.Of(this), SpectrumJson.Relaxed.SpectrumDocument);

    /// <summary>The densities as comma-separated values: part, value, share of the eigenvalues.</summary>
    internal string DensityToCsv() =>
        CsvTable.Of(
            ["part", "value", "share"],
            Parts.SelectMany(part => part.Density.Select(point => (string[])[part.Name, Text(point.Value), Text(point.Share)]))
        );

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>The spectrum of one block of the Hessian.</summary>
/// <param name="Weights">The weights of the block.</param>
/// <param name="Node">The nodes that use them; empty for several weights.</param>
/// <param name="Entries">The size of the block.</param>
/// <param name="Largest">The largest eigenvalues, that one first, each with its residual bound.</param>
/// <param name="Smallest">The smallest eigenvalues, that one first.</param>
/// <param name="Trace">The trace: the mean of vᵀHv over vectors of random signs.</param>
/// <param name="TraceError">Its standard error.</param>
/// <param name="Density">
/// The density of the spectrum as points: the mean over starts of the quadrature by Lanczos's recurrence. The shares sum to 1.
/// </param>
public sealed record PartSpectrum(
    ImmutableArray<string> Weights,
    string Node,
    long Entries,
    ImmutableArray<(double Value, double Bound)> Largest,
    ImmutableArray<(double Value, double Bound)> Smallest,
    double Trace,
    double TraceError,
    ImmutableArray<(double Value, double Share)> Density
)
{
    /// <summary>The weight, or <c>all</c>.</summary>
    public string Name => Weights.Length == 1 ? Weights[0] : "all";
}
