using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// Sizes to count with: those that a plan is made for, and, for sizes that are known from the data only, what they are at most, and half of
/// that where they count how many entries are chosen.
/// </summary>
internal sealed class SizeEstimates(PlanLimits limits)
{
    private readonly Dictionary<DimSymbol, (double Expected, double Most)> _known = [];

    /// <summary>Learns the bounds of sizes from the nodes that make them, those of bodies included.</summary>
    public void Learn(Program program)
    {
        foreach (var node in program.Nodes)
        {
            if (node.Operator is Operator { ShareKept: { } share })
                Learn(node.Inputs[0]!.Type.Shape, node.Output.Type.Shape, share);
            foreach (var body in node.Bodies)
                Learn(body);
        }
    }

    /// <summary>Learns what is kept of the axes of a shape, or of all its elements in a row.</summary>
    private void Learn(TensorShape from, TensorShape kept, double share)
    {
        for (var axis = 0; axis < kept.Rank; axis++)
            if (
                kept[axis] is { Factor: 1, Symbols: [var symbol] }
                && (kept.Rank == from.Rank ? from[axis] : from.Elements) is var all
                && all != kept[axis]
                && !limits.Dimensions.ContainsKey(symbol.Name)
            )
                _known[symbol] = (Expected(all) * share, Most(all));
    }

    /// <summary>The expected size of a dimension.</summary>
    public double Expected(Dim dim) => Size(dim, known => known.Expected);

    /// <summary>The largest size of a dimension.</summary>
    public double Most(Dim dim) => Size(dim, known => known.Most);

    private double Size(Dim dim, Func<(double Expected, double Most), double> choice)
    {
        double size = dim.Factor;
        foreach (var symbol in dim.Symbols)
            size *= _known.TryGetValue(symbol, out var known) ? choice(known) : limits.Size(Dim.Of(symbol));
        return size;
    }
}
