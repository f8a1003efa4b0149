using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Gates;

/// <summary>
/// Convolutions or matrix products of columns one after another with nothing but gates between them: y_i = w_i ∗ (g_i ⊙ y_{i-1}).
/// </summary>
/// <param name="Links">The products, in order, each with the gate before it.</param>
/// <param name="Columns">K.</param>
internal sealed record GatedChain(IReadOnlyList<GatedLink> Links, Dim Columns)
{
    /// <summary>The chains of a body, in the order of their last products.</summary>
    public static IEnumerable<GatedChain> In(Program body, Dim columns)
    {
        var dependent = body.Parameters.ToHashSet();
        var users = new Dictionary<Value, int>();
        foreach (var node in body.Nodes)
        {
            foreach (var value in GraphWalk.Dependencies(node))
                users[value] = users.GetValueOrDefault(value) + 1;
            if (GraphWalk.Dependencies(node).Any(dependent.Contains))
                dependent.UnionWith(node.Outputs);
        }
        foreach (var output in body.Outputs)
            users[output.Value] = users.GetValueOrDefault(output.Value) + 1;
        var chains = new List<List<GatedLink>>();
        foreach (var node in body.Nodes)
            if (GatedLink.Of(node, columns, dependent) is { } link)
            {
                // A chain goes on where nothing else takes what lies between two of its products.
                var before = chains.Find(chain => chain[^1] is var last && last.Node.Output == link.Gate.Base && last.Output == link.Input && link.Gate.Map is null && link.Gate.Path.All(value => users[value] == 1));
                if (before is null)
                    chains.Add([link]);
                else
                    before.Add(link);
            }
        return chains.OrderBy(links => links[^1].Node.Id).Select(links => new GatedChain(links, columns));
    }

    /// <summary>The output of the last product, of its shape, by products at open channels only.</summary>
    public Value Build(GraphBuilder b)
    {
        var (gates, first) = (Links.Select(link => Active(b, link)).ToArray(), Links[0]);
        var columns = ActiveColumns.From(b, first.Gate, gates[0], [Columns, first.Samples, .. first.Planes]);
        foreach (var (index, link) in Links.SkipLast(1).Index())
        {
            b.Origin = link.Node.Origin;
            columns = columns.Through(b, link, gates[index + 1]);
        }
        b.Origin = Links[^1].Node.Origin;
        return columns.Through(b, Links[^1]);
    }

    private ActiveChannels Active(GraphBuilder b, GatedLink link)
    {
        b.Origin = link.Node.Origin;
        return ActiveChannels.Of(b, link.Gate.Product(b, Columns, link.Samples, link.Planes), link.Gate.IsMask);
    }
}
