namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of QLinearMul.</summary>
internal sealed class QLinearMulSamples : QuantizedPairwiseSamples;
