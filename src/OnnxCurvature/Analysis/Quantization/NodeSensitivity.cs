using System.Collections.Immutable;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>The change of the loss by rounding one weight, as its derivatives predict it: g·Δw + ½ Σᵢ Hᵢᵢ Δwᵢ².</summary>
/// <param name="Weight">The weight.</param>
/// <param name="Node">The nodes that use it.</param>
/// <param name="Operator">Their operators.</param>
/// <param name="Scheme">How it is rounded.</param>
/// <param name="FirstOrder">g·Δw; zero at a minimum.</param>
/// <param name="SecondOrder">½ Σᵢ Hᵢᵢ Δwᵢ².</param>
/// <param name="Error">
/// A bound of the standard error of the prediction, where the diagonal is estimated; 0 where it is exact. The error of leaving out what
/// lies off the diagonal is no part of it.
/// </param>
/// <param name="IsExact">Whether the diagonal is exact.</param>
/// <param name="WeightError">‖Δw‖².</param>
/// <param name="InputWeightedError">Σᵢ Δwᵢ² E[xᵢ²], with the mean square of the input that the entry multiplies.</param>
/// <param name="Bytes">The bytes of the weight once it is rounded.</param>
/// <param name="Channels">The predicted change by output channel; sums to the whole.</param>
/// <param name="ChannelErrors">A bound of the standard error of each of these; zeros where the diagonal is exact.</param>
public sealed record NodeSensitivity(
    string Weight,
    string Node,
    string Operator,
    QuantizationScheme Scheme,
    double FirstOrder,
    double SecondOrder,
    double Error,
    bool IsExact,
    double WeightError,
    double InputWeightedError,
    double Bytes,
    ImmutableArray<double> Channels,
    ImmutableArray<double> ChannelErrors
)
{
    /// <summary>The predicted change of the loss.</summary>
    public double Predicted => FirstOrder + SecondOrder;

    /// <summary>The change of the loss that was measured by a run with the rounded weight; null where none was made.</summary>
    public double? Measured { get; init; }
}
