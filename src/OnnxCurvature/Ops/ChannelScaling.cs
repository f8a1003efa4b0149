using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>A map of channels, y[n, c, *] = (x[n, c, *] - center[c]) factor[c] + shift[c].</summary>
/// <param name="Center">[C].</param>
/// <param name="Factor">[C].</param>
/// <param name="Shift">[C].</param>
internal sealed record ChannelScaling(Value Center, Value Factor, Value Shift);
