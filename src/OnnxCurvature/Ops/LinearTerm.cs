namespace OnnxCurvature.Ops;

/// <summary>One term of a node that adds up multiples of inputs: ± x, ± x ⊙ factor, or ± x / factor.</summary>
/// <param name="Input">The input x.</param>
/// <param name="IsNegative">Whether the term is subtracted.</param>
/// <param name="Factor">The input that is the factor; null for none.</param>
/// <param name="IsDivisor">Whether the factor divides.</param>
internal readonly record struct LinearTerm(int Input, bool IsNegative = false, int? Factor = null, bool IsDivisor = false);
