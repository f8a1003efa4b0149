using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// How the squares of a linear node's coefficients act, in terms of the node itself: <paramref name="Scale"/> times what the node makes of
/// the same input, where its other floating-point inputs are squared if <paramref name="SquaresFactors"/> holds.
/// </summary>
/// <param name="Scale">The factor.</param>
/// <param name="SquaresFactors">Whether the coefficients are products of entries of the other inputs.</param>
internal sealed record SquaredCoefficients(double Scale = 1, bool SquaresFactors = false)
{
    /// <summary>Of a node whose coefficients are zeros and ones.</summary>
    public static SquaredCoefficients Same { get; } = new();

    /// <summary>Of a node whose coefficients are minus one, or zero.</summary>
    public static SquaredCoefficients Negated { get; } = new(-1);

    /// <summary>Of a node whose coefficients are entries of its other inputs.</summary>
    public static SquaredCoefficients OfFactors { get; } = new(SquaresFactors: true);

    /// <summary>Of the means over groups of <paramref name="count"/> entries.</summary>
    public static SquaredCoefficients OfMean(long count) => new(1.0 / count);

    /// <summary>Of a node that takes means of its only input, all of groups of the same size; null where that is not known.</summary>
    public static SquaredCoefficients? OfMeans(Node node) =>
        node.Inputs[0]!.Type.Shape.Elements.DividedBy(node.Output.Type.Shape.Elements)?.Known is { } count ? OfMean(count) : null;
}
