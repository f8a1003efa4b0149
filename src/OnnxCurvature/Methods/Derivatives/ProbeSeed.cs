using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>The seed of the random numbers.</summary>
/// <param name="Number">The seed that was asked for.</param>
/// <param name="Batch">The number of the batch, a 64-bit scalar, where every batch has random numbers of its own; else null.</param>
internal readonly record struct ProbeSeed(long Number, Value? Batch);
