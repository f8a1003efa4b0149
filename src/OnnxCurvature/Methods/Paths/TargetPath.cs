using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Paths;

/// <summary>
/// The linear map from a target's tangent to that of a value after it, prepared so that directions there can be pulled back sample by
/// sample. A direction contributes the square of a sample's own pull-back, so samples must not be added up before.
/// </summary>
internal sealed class TargetPath
{
    private readonly LinearProgram _tangent;
    private readonly Value _output;
    private readonly IReadOnlyDictionary<Value, SampleLayout> _layouts;

    private TargetPath(
        Target target,
        LinearProgram tangent,
        Value output,
        IReadOnlyDictionary<Value, SampleLayout> layouts,
        Dim samples,
        ImmutableArray<Node> nodes,
        IReadOnlyDictionary<Value, Value> tangents
    )
    {
        Nodes = nodes;
        Tangents = tangents;
        Target = target;
        _tangent = tangent;
        _output = output;
        _layouts = layouts;
        Samples = samples;
    }

    /// <summary>The target.</summary>
    public Target Target { get; }

    /// <summary>The number of samples of a batch.</summary>
    public Dim Samples { get; }

    /// <summary>The nodes between the target and the value, in order.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>The tangents of the values that depend on the target.</summary>
    public IReadOnlyDictionary<Value, Value> Tangents { get; }

    /// <summary>The linear map from the target's tangent to the output's.</summary>
    public LinearProgram Tangent => _tangent;

    /// <summary>
    /// Whether pull-backs of samples have to be kept separate: there can be more than one sample, and the target does not itself have
    /// an entry for each.
    /// </summary>
    public bool Separates => Samples != 1 && !LayoutOf(Target.Value).IsSeparate;

    /// <summary>How a value depends on the samples.</summary>
    public SampleLayout LayoutOf(Value value) => _layouts.GetValueOrDefault(value);

    /// <summary>
    /// Prepares the path to <paramref name="output"/>, or says in <paramref name="obstacle"/> why samples are not proven to be separate.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="output">Where the path ends.</param>
    /// <param name="target">Where it begins.</param>
    /// <param name="obstacle">The obstacle to it.</param>
    /// <param name="jointly">Whether all samples count as one, so that they may be coupled; their pull-backs then come added up.</param>
    public static TargetPath? Create(ModelGraph model, Value output, Target target, out string? obstacle, bool jointly = false)
    {
        var b = model.Builder;
        var nodes = GraphWalk.Ancestors([output]);
        var layouts = InputSamples.Along(model, nodes);
        var along = layouts.GetValueOrDefault(output);
        // A value that no sample is a part of is the same for all of them, so it is taken whole, as it is where there is one sample.
        jointly |= along.IsNone || InputSamples.Counts(nodes, layouts).All(count => count.IsOne);
        if (!jointly && !along.IsSeparate)
        {
            obstacle = $"the samples of '{output.Name}' are not proven to be independent";
            return null;
        }
        var samples = jointly ? 1 : along.SamplesOf(output.Type.Shape);

        var tangents = new Dictionary<Value, Value> { [target.Value] = b.Parameter(target.Value.Type) };
        var refusals = new List<UnsupportedNode>();
        var between = GraphWalk.Between(new HashSet<Value> { target.Value }, [output]);
        Pushforward.Run(b, between, tangents, refusals, []);
        if (refusals.Count > 0)
            throw new UnsupportedModelException(refusals);
        var tangent = new LinearProgram([tangents[target.Value]], [tangents.GetValueOrDefault(output)]);

        obstacle = null;
        if (samples != 1)
        {
            // Where a primal value keeps samples separate its tangent does, too; the rules alone do not show that of a tangent that is
            // a weight's tangent repeated for every sample.
            var same = tangents.Where(pair => layouts.GetValueOrDefault(pair.Key).IsNone).Select(pair => pair.Value).ToHashSet();
            foreach (var (primal, dx) in tangents)
                if (same.Contains(dx) && layouts.GetValueOrDefault(primal).IsSeparate)
                    obstacle = $"an input of {primal.Producer} is not the same for every sample";
                else if (layouts.TryGetValue(primal, out var layout))
                    layouts.TryAdd(dx, layout);
            SampleAnalysis.Run(GraphWalk.Ancestors(tangent.Outputs.Where(value => value is not null)!), layouts);
            if (between.FirstOrDefault(node => node.Outputs.Any(value => layouts.GetValueOrDefault(value).IsCoupled)) is { } coupling)
                obstacle = $"{coupling} may couple samples across the batch";
        }
        if (obstacle is not null)
            return null;
        var path = new TargetPath(target, tangent, output, layouts, samples, between, tangents);
        obstacle = path.Separates ? path.EnteringObstacle(b) : null;
        return obstacle is null ? path : null;
    }

    /// <summary>
    /// Why a tangent that is the same for all samples cannot be distinguished where it meets the samples: it holds something of its own for
    /// each of them, as a table of constants with a row for each sample does. Null where nothing of the kind is on the way.
    /// </summary>
    private string? EnteringObstacle(GraphBuilder b)
    {
        if (_tangent.Outputs[0] is not { } dz)
            return null;
        var active = new HashSet<Value>(_tangent.Inputs);
        foreach (var node in GraphWalk.Between(_tangent.Inputs.ToHashSet(), [dz]))
        {
            if (
                node.Outputs.Any(value => LayoutOf(value).IsSeparate)
                && node.Inputs.Any(value => value is not null && active.Contains(value) && LayoutOf(value).IsNone)
            )
            {
                var shape = OfOne(node.Output);
                var single = node.Inputs.Select(value =>
                    value is not null && LayoutOf(value).IsSeparate ? b.Parameter(value.Type with { Shape = OfOne(value) }) : value
                );
                try
                {
                    if (node.Rules().Rebuild(b, node, [.. single], shape).Output.Type.Shape != shape)
                        return $"an input of {node} is not the same for every sample";
                }
                catch (UnsupportedOperatorException exception)
                {
                    return $"{node} cannot be taken sample by sample: {exception.Message.TrimEnd('.')}";
                }
            }
            active.UnionWith(node.Outputs);
        }
        return null;
    }

    /// <summary>The one matrix product that the target enters as a weight; null where it enters in another way.</summary>
    public ProductEntry? Entry(GraphBuilder b) =>
        _tangent.Outputs[0] is { } dz
            ? ProductEntry.Of(b, GraphWalk.Between(_tangent.Inputs.ToHashSet(), [dz]), _tangent.Inputs[0], LayoutOf, isSingle: Samples == 1)
            : null;

    /// <summary>
    /// Pulls directions back to a value of the tangent program on which the output depends.
    /// </summary>
    /// <param name="b">The outer builder.</param>
    /// <param name="body">Where the directions' nodes are built.</param>
    /// <param name="to">The value: a tangent.</param>
    /// <param name="through">The linear program that leads from it to the output's tangent.</param>
    /// <param name="directions">Cotangents [K, *z].</param>
    /// <returns>Cotangents [K, *to].</returns>
    public Value Pull(GraphBuilder b, GraphBuilder body, Value to, Value through, Value directions)
    {
        var cotangent = b.Parameter(_output.Type);
        var pulled = new LinearProgram([to], [through]).Transpose(b, [cotangent])[0]!;
        return body.Batch([pulled], new Dictionary<Value, Value> { [cotangent] = directions }, directions.Type.Shape[0])[0]!;
    }

    /// <summary>
    /// The path with a target of its own for every sample: a linear program from [N, *w] to the output's tangent, in which
    /// sample n depends on entry n only.
    /// </summary>
    public LinearProgram Separated(GraphBuilder b)
    {
        var stacked = new Dictionary<Value, Value>();
        var separate = new Dictionary<Value, Value>();
        var tangent = _tangent.Inputs[0];
        var input = b.Parameter(tangent.Type with { Shape = tangent.Type.Shape.Prepend(Samples) });
        stacked[tangent] = input;
        foreach (var node in GraphWalk.Between(_tangent.Inputs.ToHashSet(), [_tangent.Outputs[0]!]))
        {
            using var origin = b.For(node.Origin);
            if (node.Outputs.All(value => LayoutOf(value).IsNone))
            {
                ImmutableArray<bool> batched = [.. node.Inputs.Select(value => value is not null && stacked.ContainsKey(value))];
                var outputs = node.Rules()
                    .Batch(
                        b,
                        node,
                        [.. node.Inputs.Select(value => value is not null && stacked.TryGetValue(value, out var own) ? own : value)],
                        batched,
                        Samples
                    );
                for (var index = 0; index < outputs.Length; index++)
                    stacked[node.Outputs[index]] = outputs[index];
            }
            else if (node.Inputs.Any(value => value is not null && stacked.ContainsKey(value)))
            {
                foreach (var (output, own) in node.Outputs.Zip(Enter(b, node, stacked, separate)))
                    separate[output] = own;
            }
            else
            {
                if (node.Outputs.Any(output => !LayoutOf(output).IsSeparate))
                    throw new UnsupportedOperatorException(
                        $"{node.Operator.Name} is not proven to keep the samples of a derivative independent."
                    );
                var inputs = node.Inputs.Select(value => value is not null && separate.TryGetValue(value, out var own) ? own : value);
                var copy = node.Rules().Rebuild(b, node, [.. inputs], node.Output.Type.Shape);
                for (var index = 0; index < node.Outputs.Length; index++)
                    separate[node.Outputs[index]] = copy.Outputs[index];
            }
        }
        return new LinearProgram([input], [separate[_tangent.Outputs[0]!]]);
    }

    /// <summary>Why an operator on the path cannot take a target for every sample; null where all can.</summary>
    public string? Refusal(GraphBuilder b)
    {
        try
        {
            Separated(b);
            return null;
        }
        catch (UnsupportedOperatorException exception)
        {
            return exception.Message.TrimEnd('.');
        }
    }

    /// <summary>Applies a node, at which stacked values meet values that keep samples separate, to every sample by itself.</summary>
    private Value[] Enter(GraphBuilder b, Node node, Dictionary<Value, Value> stacked, Dictionary<Value, Value> separate)
    {
        if (node.Outputs.Any(output => !LayoutOf(output).IsSeparate))
            throw new UnsupportedOperatorException(
                $"{node.Operator.Name} has outputs that are the same for all samples beside others that are not."
            );
        var single = new Value?[node.Inputs.Length];
        var all = new Value?[node.Inputs.Length];
        var batched = new bool[node.Inputs.Length];
        for (var index = 0; index < single.Length; index++)
        {
            if (node.Inputs[index] is not { } value)
                continue;
            if (stacked.TryGetValue(value, out var own))
                (single[index], all[index], batched[index]) = (b.Parameter(value.Type), own, true);
            else if (LayoutOf(value).IsSeparate)
            {
                single[index] = b.Parameter(value.Type with { Shape = OfOne(value) });
                all[index] = SamplesFirst.Of(b, separate.GetValueOrDefault(value, value), LayoutOf(value));
                batched[index] = true;
            }
            else
                (single[index], all[index]) = (value, value);
        }
        var one = node.Rules().Rebuild(b, node, [.. single], OfOne(node.Output));
        var outputs = one.Rules().Batch(b, one, [.. all], [.. batched], Samples);
        return [.. node.Outputs.Select((output, index) => SamplesFirst.Undo(b, outputs[index], output.Type.Shape, LayoutOf(output)))];
    }

    /// <summary>The shape of what one sample has of a value.</summary>
    private TensorShape OfOne(Value value) => LayoutOf(value).Of(value.Type.Shape, 1);
}
