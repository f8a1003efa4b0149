namespace OnnxCurvature.Methods.Plans;

/// <summary>A way to compute a Hessian diagonal that was weighed.</summary>
/// <param name="Method">The method's name.</param>
/// <param name="At">The value at which the second derivative is taken.</param>
/// <param name="Directions">Directions in all.</param>
/// <param name="Flops">Floating-point operations, roughly.</param>
/// <param name="MemoryBytes">Peak of one chunk's values, roughly, in bytes.</param>
/// <param name="Verdict">Why it was taken or was not: one clause.</param>
public sealed record CandidateReport(string Method, string At, double Directions, double Flops, double MemoryBytes, string Verdict);
