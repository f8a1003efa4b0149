namespace OnnxCurvature.Methods.Losses;

/// <summary>An input whose integers name classes.</summary>
/// <param name="Input">The input.</param>
/// <param name="Classes">Labels are 0 to one less than this.</param>
/// <param name="Ignored">A further label, of samples that do not count; or null.</param>
internal sealed record ClassLabels(string Input, long Classes, long? Ignored = null);
