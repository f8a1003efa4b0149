using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// The region between a target and the loss: the curvature sources, the values that all influence passes, and how the target enters.
/// </summary>
internal sealed class Survey
{
    private readonly double[] _flops;
    private readonly Lazy<Cut> _pullBackEndpoint;
    private readonly Lazy<HashSet<int>> _closed;
    private readonly Lazy<Dictionary<Node, int>> _position;

    /// <summary>Surveys the way from a target to the loss.</summary>
    public Survey(GraphBuilder b, LossHead head, SampleProof proof, Target target, CostModel costs)
    {
        Target = target;
        _pullBackEndpoint = new(() =>
            Entry is { } entry && Cuts.FirstOrDefault(cut => cut.Value == entry.Node.Output) is { } at ? at : Cuts[0]
        );
        _closed = new(() => [.. ClosedForms()]);
        _position = new(() => Nodes.Select((found, index) => (found.Node, index)).ToDictionary(entry => entry.Node, entry => entry.index));
        Nodes =
        [
            .. CurvatureAnalysis
                .Run(GraphWalk.Between(new HashSet<Value> { target.Value }, [head.Loss]), new HashSet<Value> { target.Value })
                .Where(found => found.Curvature != Curvature.PiecewiseConstant),
        ];
        _flops = new double[Nodes.Length + 1];
        var active = new HashSet<Value> { target.Value };
        for (var index = 0; index < Nodes.Length; index++)
        {
            var node = Nodes[index].Node;
            _flops[index + 1] = _flops[index] + (TakesBiasOnly(node, active) ? costs.Entries(node.Output) : costs.Flops(node));
            active.UnionWith(node.Outputs);
        }
        Cuts = [.. CutsAfter(target.Value)];
        Entry = ProductEntry.Of(b, [.. Nodes.Select(found => found.Node)], target.Value, proof.Of, proof.IsSingle);
        if (
            target.IsPart
            && Entry is { } entry
            && entry.Node.Output.Producer!.Inputs.Contains(target.Value)
            && WeightEntry.RowsOf(b, target.Value.Type, entry.Node.Output.Type, entry.Product) is { Aligned: true, ComeFirst: true }
        )
            Rows = (target.Start, target.End);
    }

    /// <summary>The target.</summary>
    public Target Target { get; }

    /// <summary>The nodes through which the loss depends on the target, in order.</summary>
    public ImmutableArray<(Node Node, Curvature Curvature)> Nodes { get; }

    /// <summary>The values that all influence passes, from the target itself on.</summary>
    public ImmutableArray<Cut> Cuts { get; }

    /// <summary>
    /// The one matrix product that the target enters as a weight; null where it enters in another way.
    /// </summary>
    public ProductEntry? Entry { get; }

    /// <summary>
    /// The rows of the product's output [N, O, …] that a target which is a part of its weight asks for; null where these are all, or not
    /// rows of it.
    /// </summary>
    public (long Start, long End)? Rows { get; }

    /// <summary>The nodes with a second derivative.</summary>
    public IEnumerable<Node> Sources => Nodes.Where(found => found.Curvature == Curvature.Curved).Select(found => found.Node);

    /// <summary>Floating-point operations of the forward pass from one cut to another; to the loss where the other is null.</summary>
    public double Flops(Cut from, Cut? to = null) => _flops[to?.Before ?? Nodes.Length] - _flops[from.Before];

    /// <summary>Floating-point operations of the forward pass after a node, in the order of the graph.</summary>
    public double FlopsAfter(Node node) => _flops[Nodes.Length] - _flops[_position.Value[node] + 1];

    /// <summary>Floating-point operations of some of the nodes.</summary>
    public double FlopsOf(IEnumerable<Node> nodes) =>
        nodes.Where(_position.Value.ContainsKey).Sum(node => _flops[_position.Value[node] + 1] - _flops[_position.Value[node]]);

    /// <summary>The cut at which directions that are pulled back can stop: the product's output, or the target itself.</summary>
    public Cut PullBackEndpoint => _pullBackEndpoint.Value;

    /// <summary>
    /// Whether a source that starts from a cut has a closed form: nothing but elementwise nodes lie between the target's product and it.
    /// </summary>
    public bool HasClosedForm(Cut from) => _closed.Value.Contains(from.Before);

    /// <summary>Whether a product depends on the target by its bias alone, so that its derivatives are sums.</summary>
    private static bool TakesBiasOnly(Node node, HashSet<Value> active) =>
        node.Inputs.Index().All(input => input.Item is null || !active.Contains(input.Item) || node.Rules().IsBias(input.Index));

    /// <summary>
    /// The positions of the cuts from the target's product on, as long as the nodes between are elementwise and of its shape.
    /// </summary>
    private IEnumerable<int> ClosedForms() =>
        Entry is not { } entry || PullBackEndpoint.Value != entry.Node.Output
            ? []
            : Cuts.Where(cut => cut.Before >= PullBackEndpoint.Before)
                .TakeWhile(cut =>
                    cut == PullBackEndpoint
                    || cut.Value.Type.Shape == entry.Node.Output.Type.Shape && cut.Region.All(node => node.Rules().IsElementwise(node))
                )
                .Select(cut => cut.Before);

    private IEnumerable<Cut> CutsAfter(Value target)
    {
        var lastUse = new Dictionary<Value, int>();
        for (var index = 0; index < Nodes.Length; index++)
            foreach (var value in GraphWalk.Dependencies(Nodes[index].Node))
                lastUse[value] = index;
        yield return new Cut(target, 0, RegionKind.Linear, []);
        var (alive, last, from) = (new HashSet<Value> { target }, 0, target);
        for (var index = 0; index < Nodes.Length; index++)
        {
            var node = Nodes[index].Node;
            alive.RemoveWhere(value => lastUse.GetValueOrDefault(value, -1) <= index);
            foreach (var output in node.Outputs)
                if (output.Type.Element.IsFloat() && lastUse.GetValueOrDefault(output, -1) > index)
                    alive.Add(output);
            if (alive.Count != 1 || !alive.Contains(node.Outputs[0]))
                continue;
            var region = Nodes[last..(index + 1)];
            yield return new Cut(node.Outputs[0], index + 1, KindOf(region, from), [.. region.Select(found => found.Node)]);
            (last, from) = (index + 1, node.Outputs[0]);
        }
    }

    private static RegionKind KindOf(ImmutableArray<(Node Node, Curvature Curvature)> region, Value from)
    {
        if (region.All(found => found.Curvature != Curvature.Curved))
            return RegionKind.Linear;
        var type = region[^1].Node.Output.Type;
        var inside = region.Select(found => found.Node.Output).ToHashSet();
        return
            region.All(found => found.Node.Rules().IsElementwise(found.Node) && found.Node.Output.Type == type)
            && region.SelectMany(found => found.Node.Inputs).All(input => input is null || !inside.Contains(input) || input.Type == type)
            && from.Type == type
            ? RegionKind.Elementwise
            : RegionKind.General;
    }
}
