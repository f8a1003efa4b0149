using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>The precision in which a file's numbers are read.</summary>
/// <param name="Element">The type that is computed in, for one that a file names.</param>
/// <param name="Number">The number that a rounded one is taken for.</param>
internal sealed record ReadPrecision(Func<ElementType, ElementType> Element, Func<float, double> Number);
