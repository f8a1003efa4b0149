using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Costs;

/// <summary>
/// Sizes to count with: those that a plan is made for, and, for sizes that only the data tell, what they are at most, and half of that
/// where they count how many entries are chosen.
/// </summary>
internal sealed class SizeEstimates(PlanLimits limits)
{
    private readonly Dictionary<string, (double Expected, double Most)> _known = new(StringComparer.Ordinal);

    /// <summary>Learns the bounds of sizes from the nodes that make them, those of bodies included.</summary>
    public void Learn(Program program)
    {
        foreach (var node in program.Nodes)
        {
            if (node.Operator is TopK or Slice)
                for (var axis = 0; axis < node.Output.Type.Rank; axis++)
                    if (
                        node.Output.Type.Shape[axis] is { Factor: 1, Symbols: [var symbol] }
                        && node.Inputs[0]!.Type.Shape[axis] is var all
                        && all != node.Output.Type.Shape[axis]
                        && !limits.Dimensions.ContainsKey(symbol)
                    )
                        _known[symbol] = (node.Operator is TopK ? Expected(all) / 2 : Expected(all), Most(all));
            if (
                node.Operator is Compress
                && node.Output.Type.Shape is [.., { Factor: 1, Symbols: [var kept] }]
                && node.Inputs[0]!.Type.Shape is [.., var whole]
                && !limits.Dimensions.ContainsKey(kept)
            )
                _known[kept] = (Expected(whole), Most(whole));
            foreach (var body in node.Bodies)
                Learn(body);
        }
    }

    /// <summary>What a dimension is expected to be.</summary>
    public double Expected(Dim dim) => Size(dim, known => known.Expected);

    /// <summary>What a dimension is at most.</summary>
    public double Most(Dim dim) => Size(dim, known => known.Most);

    private double Size(Dim dim, Func<(double Expected, double Most), double> choice)
    {
        double size = dim.Factor;
        foreach (var symbol in dim.Symbols)
            size *= _known.TryGetValue(symbol, out var known) ? choice(known) : limits.Size(Dim.Symbol(symbol));
        return size;
    }
}
