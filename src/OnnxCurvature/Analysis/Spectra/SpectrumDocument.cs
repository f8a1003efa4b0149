using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using OnnxCurvature.Analysis.Reports;

namespace OnnxCurvature.Analysis.Spectra;

/// <summary>Spectra for programs.</summary>
internal sealed record SpectrumDocument(
    [property: Description("The schema of this report and its version; it changes where a property is removed or means another thing.")]
        string Schema,
    [property: Description("The block of all weights together first, and then that of each weight.")] ImmutableArray<PartEntry> Parts
)
{
    /// <summary>The schema that is written.</summary>
    public const string CurrentSchema = "onnx-curvature/spectrum/1";

    /// <summary>The document of a result.</summary>
    public static SpectrumDocument Of(SpectrumResult result) => new(CurrentSchema, [.. result.Parts.Select(PartEntry.Of)]);
}

/// <summary>The spectrum of a block of the Hessian.</summary>
internal sealed record PartEntry(
    [property: Description("The weights of the block.")] ImmutableArray<string> Weights,
    [property: Description("The nodes that use the weight, separated by commas; empty for several weights.")] string Node,
    [property: Description("The size of the block.")] long Entries,
    double Trace,
    double TraceStandardError,
    [property: Description("The largest eigenvalues, that one first.")] ImmutableArray<EigenvalueEntry> Largest,
    [property: Description("The smallest eigenvalues, that one first.")] ImmutableArray<EigenvalueEntry> Smallest,
    [property: Description("The spectral density as points, whose shares sum to 1.")] ImmutableArray<DensityEntry> Density
)
{
    /// <summary>The entry of a block.</summary>
    public static PartEntry Of(PartSpectrum part) =>
        new(
            part.Weights,
            part.Node,
            part.Entries,
            part.Trace,
            part.TraceError,
            [.. part.Largest.Select(each => new EigenvalueEntry(each.Value, each.Bound))],
            [.. part.Smallest.Select(each => new EigenvalueEntry(each.Value, each.Bound))],
            [.. part.Density.Select(point => new DensityEntry(point.Value, point.Share))]
        );
}

/// <summary>An eigenvalue.</summary>
internal sealed record EigenvalueEntry(
    double Value,
    [property: Description("An eigenvalue of the block lies no further from the value.")] double Bound
);

/// <summary>A point of a spectral density.</summary>
internal sealed record DensityEntry(double Value, [property: Description("The share of the eigenvalues that it stands for.")] double Share);

/// <summary>The JSON of spectra, without reflection, as native programs need it.</summary>
[JsonSerializable(typeof(SpectrumDocument))]
internal sealed partial class SpectrumJson : JsonSerializerContext
{
    // Made when it is needed: the static members of the generated part may come after those of this part.
    private static readonly Lazy<SpectrumJson> Writer = new(() => new SpectrumJson(JsonText.Options()));

    /// <summary>The writer of documents.</summary>
    public static SpectrumJson Relaxed => Writer.Value;
}
