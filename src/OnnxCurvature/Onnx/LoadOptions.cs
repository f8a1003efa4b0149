using System.Collections.Immutable;

namespace OnnxCurvature.Onnx;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>Sizes of symbolic dimensions, by name.</summary>
    public IReadOnlyDictionary<string, long> Dims { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Who tells the types that the catalogue does not know, or null for nobody.</summary>
    public IShapeOracle? Oracle { get; init; }
}
