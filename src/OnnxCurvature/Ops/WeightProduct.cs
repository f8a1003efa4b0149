namespace OnnxCurvature.Ops;

/// <summary>How the weight of a product lies.</summary>
/// <param name="IsTransposed">Whether a matrix is [O, C], and not [C, O].</param>
/// <param name="Slides">Whether the weight is a kernel [O, C, *kernel] that slides over positions.</param>
internal readonly record struct WeightProduct(bool IsTransposed = false, bool Slides = false);
