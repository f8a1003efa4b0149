using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Convolutions or matrix products of columns one after another with nothing but gates between them: y_i = w_i ∗ (g_i ⊙ y_{i-1}).
/// </summary>
/// <param name="Links">The products, in order, each with the gate before it.</param>
/// <param name="End">The gate after the last of them; null where there is none.</param>
/// <param name="Output">What comes out of the last product, or of the gate after it.</param>
/// <param name="Columns">K.</param>
/// <param name="IsPicked">Whether the output goes nowhere but into the rounds of a Scan, which pick entries at which the gate at the end is open.</param>
internal sealed record GatedChain(IReadOnlyList<GatedLink> Links, Gate? End, Value Output, Dim Columns, bool IsPicked)
{
    /// <summary>The chains of a body, in the order of their last products.</summary>
    /// <param name="body">The body.</param>
    /// <param name="columns">K.</param>
    /// <param name="limits">Where it runs.</param>
    /// <param name="fits">Whether a product may be a link.</param>
    public static IEnumerable<GatedChain> In(Program body, Dim columns, PlanLimits limits, Func<GatedLink, bool> fits)
    {
        var dependent = body.Parameters.ToHashSet();
        // Who uses a value; an output of the body is used by nobody that is known.
        var users = new Dictionary<Value, List<Node?>>();
        foreach (var node in body.Nodes)
        {
            foreach (var value in GraphWalk.Dependencies(node).Distinct())
                Users(value).Add(node);
            if (GraphWalk.Dependencies(node).Any(dependent.Contains))
                dependent.UnionWith(node.Outputs);
        }
        foreach (var output in body.Outputs)
            Users(output.Value).Add(null);
        var chains = new List<List<GatedLink>>();
        foreach (var node in body.Nodes)
            if (GatedLink.Of(node, columns, dependent, limits) is { } link && fits(link))
            {
                // A chain goes on where nothing else takes what lies between two of its products.
                var before = chains.Find(chain => chain[^1] is var last && last.Node.Output == link.Gate.Base && (last.IsSingle && link.Samples.IsOne || last.Output == link.Input && link.Gate.Map is null) && link.Gate.Path.All(value => users[value].Count == 1));
                if (before is null)
                    chains.Add([link]);
                else
                    before.Add(link);
            }
        return chains.OrderBy(links => links[^1].Node.Id).Select(Ended);

        List<Node?> Users(Value value) => users.TryGetValue(value, out var known) ? known : users[value] = [];

        GatedChain Ended(List<GatedLink> links)
        {
            var last = links[^1];
            var (at, end, output) = (last.Node.Output, (Gate?)null, last.Node.Output);
            while (Users(at) is [{ Operator: Mul or Reshape or Identity } user])
            {
                at = user.Output;
                if (user.Operator is Mul && Gate.Before(at, last.OutputPlanes, dependent) is { Map: null } gate && gate.Base == last.Node.Output && gate.IsSame(columns, last.Samples, last.OutputPlanes))
                    (end, output) = (gate, at);
            }
            return end is { Density: < 1 } ? new GatedChain(links, end, output, columns, IsPicked(output)) : new GatedChain(links, null, last.Node.Output, columns, IsPicked: false);
        }

        bool IsPicked(Value value) => Users(value) is [{ } user] && (user.Attributes.Has(Scan.PicksOpen) || user.Operator is Reshape or TransposeAxes or Identity && IsPicked(user.Output));
    }

    /// <summary>The <see cref="Output"/>, by products at open channels only.</summary>
    public Value Build(GraphBuilder b)
    {
        var (gates, first, last) = (Links.Select(link => Active(b, link)).ToArray(), Links[0], Links[^1]);
        var columns = ActiveColumns.From(b, first.Gate, gates[0], [Columns, first.Samples, .. first.Planes]);
        foreach (var (index, link) in Links.SkipLast(1).Index())
        {
            b.Origin = link.Node.Origin;
            var next = Links[index + 1];
            columns = next.Gate.Map is null && next.Input == link.Output
                ? columns.Through(b, link, gates[index + 1])
                : columns.Spread(b, link, next.Gate, next.Gate.Product(b, Columns, next.Samples, next.Planes), gates[index + 1]);
        }
        b.Origin = last.Node.Origin;
        var end = End is null ? null : OpenEnd.Of(b, End.Product(b, Columns, last.Samples, last.OutputPlanes), End.IsMask);
        return columns.Through(b, last, end, IsPicked, Output.Type.Shape);
    }

    private ActiveChannels Active(GraphBuilder b, GatedLink link)
    {
        b.Origin = link.Node.Origin;
        return ActiveChannels.Of(b, link.Gate.Product(b, Columns, link.Samples, link.Planes), link.Gate.IsMask);
    }
}
