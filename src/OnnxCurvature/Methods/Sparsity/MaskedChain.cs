using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Sparsity;

/// <summary>
/// Convolutions or matrix products of directions one after another with nothing but masks between them: y_i = w_i ∗ (g_i ⊙ y_{i-1}).
/// </summary>
/// <param name="Links">The products, in order, each with the mask before it.</param>
/// <param name="End">The mask after the last of them; null where there is none.</param>
/// <param name="Output">The output of the last product, or of the mask after it.</param>
/// <param name="Directions">K.</param>
/// <param name="IsGathered">Whether the output goes nowhere but into the iterations of a Scan, which gather entries at which the mask at
/// the end is not zero.</param>
internal sealed record MaskedChain(IReadOnlyList<MaskedLink> Links, ActivationMask? End, Value Output, Dim Directions, bool IsGathered)
{
    /// <summary>The chains of a body, in the order of their last products.</summary>
    /// <param name="body">The body.</param>
    /// <param name="directions">K.</param>
    /// <param name="limits">Where it runs.</param>
    /// <param name="known">The links that nodes are, of bodies that this one was made of, too; null for a node that is none.</param>
    /// <param name="fits">Whether a product may be a link.</param>
    public static IEnumerable<MaskedChain> In(
        Program body,
        Dim directions,
        PlanLimits limits,
        Dictionary<Node, MaskedLink?> known,
        Func<MaskedLink, bool> fits
    )
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
        var chains = new List<List<MaskedLink>>();
        foreach (var node in body.Nodes)
            if (LinkOf(node) is { } link && fits(link))
            {
                // A chain goes on where nothing else takes what lies between two of its products.
                var before = chains.Find(chain =>
                    chain[^1] is var last
                    && last.Node.Output == link.ActivationMask.Base
                    && (last.IsSingle && link.Samples.IsOne || last.Output == link.Input && link.ActivationMask.Map is null)
                    && link.ActivationMask.Path.All(value => users[value].Count == 1)
                );
                if (before is null)
                    chains.Add([link]);
                else
                    before.Add(link);
            }
        return chains.OrderBy(links => links[^1].Node.Id).Select(Ended);

        List<Node?> Users(Value value) => users.TryGetValue(value, out var some) ? some : users[value] = [];

        MaskedLink? LinkOf(Node node)
        {
            if (!known.TryGetValue(node, out var link))
                known[node] = link = MaskedLink.Of(node, directions, dependent, limits);
            return link;
        }

        MaskedChain Ended(List<MaskedLink> links)
        {
            var last = links[^1];
            var (at, end, output) = (last.Node.Output, (ActivationMask?)null, last.Node.Output);
            while (Users(at) is [{ } user] && (ActivationMask.FactorOf(user, dependent) is not null || user.Rules().IsView))
            {
                at = user.Output;
                if (
                    !user.Rules().IsView
                    && ActivationMask.Before(at, last.OutputPlanes, dependent) is { Map: null } mask
                    && mask.Base == last.Node.Output
                    && mask.IsSame(directions, last.Samples, last.OutputPlanes)
                )
                    (end, output) = (mask, at);
            }
            return end is { Density: < 1 }
                ? new MaskedChain(links, end, output, directions, IsGathered(output))
                : new MaskedChain(links, null, last.Node.Output, directions, IsGathered: false);
        }

        bool IsGathered(Value value) =>
            Users(value) is [{ } user] && (user.Attributes.Has(Scan.GathersNonzero) || user.Rules().Rearranges && IsGathered(user.Output));
    }

    /// <summary>The <see cref="Output"/>, by products at nonzero channels only.</summary>
    public Value Build(GraphBuilder b)
    {
        var (masks, first, last) = (Links.Select(link => Active(b, link)).ToArray(), Links[0], Links[^1]);
        using var origin = b.For(last.Node.Origin);
        var directions = MaskedDirections.From(b, first.ActivationMask, masks[0], [Directions, first.Samples, .. first.Planes]);
        foreach (var (index, link) in Links.SkipLast(1).Index())
        {
            using var inside = b.For(link.Node.Origin);
            var next = Links[index + 1];
            directions =
                next.ActivationMask.Map is null && next.Input == link.Output
                    ? directions.Through(b, link, masks[index + 1])
                    : directions.GatherThroughPooling(
                        b,
                        link,
                        next.ActivationMask,
                        next.ActivationMask.Product(b, Directions, next.Samples, next.Planes),
                        masks[index + 1]
                    );
        }
        var end = End is null ? null : OutputMask.Of(b, End.Product(b, Directions, last.Samples, last.OutputPlanes), End.IsMask);
        return directions.Through(b, last, end, IsGathered, Output.Type.Shape);
    }

    private NonzeroChannels Active(GraphBuilder b, MaskedLink link)
    {
        using var origin = b.For(link.Node.Origin);
        return NonzeroChannels.Of(b, link.ActivationMask.Product(b, Directions, link.Samples, link.Planes), link.ActivationMask.IsMask);
    }
}
