using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>Takes the cheapest contraction whose sums fit the memory.</summary>
internal static class ContractionChoice
{
    /// <summary>A pass over memory costs as much as about this many floating-point operations for each element.</summary>
    private const double FlopsPerElement = 40;

    /// <summary>The contraction for a number of directions.</summary>
    public static IContraction Of(GraphBuilder b, ContractionSite site, long directions, PlanLimits limits)
    {
        if (site.Positions.IsOne)
            return new PointContraction(site);
        // Gram matrices are contracted after all directions.
        if (limits.OneRunForEachChunk || !site.Positions.IsKnown || !site.RowCount.IsKnown)
            return new DirectContraction(site);
        var rows = limits.Size(site.Path.Samples * site.Groups * site.RowCount);
        var inner = limits.Size(site.Inner);
        var direct = rows * inner * directions * (2 * site.Positions.Factor + 3 * FlopsPerElement);
        var selection = PositionSelection.After(b, site);
        double Gram(double positions) =>
            2 * rows * positions * positions * (directions + inner)
            + FlopsPerElement * rows * positions * (4 * inner + 2 * directions + positions);
        // The kept values may take as much as a single direction does that is contracted directly: with less there would be no way at all.
        var most = Math.Max(limits.MemoryBytes / 3.0, rows * inner * site.Entry.Type.Element.Size());
        bool Fits(double positions) => rows * positions * positions * site.Entry.Type.Element.Size() < most;
        var atArgmax =
            selection is not null && Fits(selection.Positions.Factor) ? Gram(selection.Positions.Factor) : double.PositiveInfinity;
        var atAll = Fits(site.Positions.Factor) ? Gram(site.Positions.Factor) : double.PositiveInfinity;
        var inPairs = InPairs();
        var directAtArgmax = selection is null ? double.PositiveInfinity : DirectAtArgmax(selection.Positions.Factor);
        if (directAtArgmax < Math.Min(Math.Min(direct, inPairs), Math.Min(atArgmax, atAll)))
            return new ArgmaxContraction(site, selection!);
        if (inPairs < Math.Min(direct, Math.Min(atArgmax, atAll)))
            return new GramContraction(site, null, limits, inPairs: true);
        return direct <= Math.Min(atArgmax, atAll)
            ? new DirectContraction(site)
            : new GramContraction(site, atArgmax <= atAll ? selection : null, limits);

        // X is gathered for each row once, and the directions are put in order.
        double DirectAtArgmax(double positions) =>
            rows * positions * inner * site.Entry.Type.Element.Size() < most
                ? rows * inner * directions * (2 * positions + 3 * FlopsPerElement)
                    + FlopsPerElement * rows * positions * (2 * inner + 2 * directions)
                : double.PositiveInfinity;

        double InPairs()
        {
            var (positions, pairs) = (site.Positions.Factor, PositionPairs.Count(site.Positions.Factor));
            var products = limits.Size(site.Path.Samples * site.Groups) * pairs * inner;
            // Of a known number of samples some are taken at a time.
            var atOnce = site.Path.Samples.IsKnown ? products / site.Path.Samples.Factor : products;
            return Fits(positions) && atOnce * site.Entry.Type.Element.Size() < most
                ? 2 * rows * (positions * positions * directions + pairs * inner)
                    + FlopsPerElement * (rows * positions * (2 * directions + 2 * positions) + 3 * products)
                : double.PositiveInfinity;
        }
    }
}
