using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>Options of the quantization of a network: the schemes, and the size to keep to.</summary>
public sealed record QuantizationOptions
{
    /// <summary>The schemes that are compared.</summary>
    public ImmutableArray<QuantizationScheme> Schemes { get; init; } = [.. QuantizationScheme.All];

    /// <summary>Whether each prediction is also measured, by a run with the rounded weight.</summary>
    public bool Measure { get; init; }

    /// <summary>The most bytes that the weights of kernels and matrices may take together; null where no choice is asked for.</summary>
    public double? TargetBytes { get; init; }

    /// <summary>The schemes that a choice is made of, beside floats; none two of the same bits.</summary>
    public ImmutableArray<QuantizationScheme> Choices { get; init; } =
    [new(8, Granularity.Channel, IsSymmetric: true), new(4, Granularity.Block32, IsSymmetric: true)];
}
