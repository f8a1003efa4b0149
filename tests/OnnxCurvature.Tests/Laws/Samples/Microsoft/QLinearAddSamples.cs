namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of QLinearAdd.</summary>
internal sealed class QLinearAddSamples : QuantizedPairwiseSamples;
