using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Onnx.ControlFlow;

/// <summary>
/// Replaces If, Loop and Scan by the nodes of their bodies where it is known before anything runs which branch is taken, or how many
/// iterations there are. The nodes that are left have no control flow, and are differentiated as such.
/// </summary>
internal sealed class BodyInliner(NodeLoader loader)
{
    /// <summary>The most nodes that one loop becomes.</summary>
    private const long MostNodes = 50_000;

    /// <summary>Whether a node was replaced; if not, the reason, a sentence, or null for nodes that have no bodies.</summary>
    public bool TryInline(NodeProto node, Scope scope, ImmutableArray<Value?> inputs, out string? reason)
    {
        var built = loader.Budget.Nodes;
        var (unknown, leftOut, constants) = (loader.UnknownNodes.Count, loader.LeftOutNodes.Count, loader.WrittenOutConstants.Count);
        var outputs = node.OpType switch
        {
            "If" => Branch(node, scope, inputs, out reason),
            "Loop" => Iterations(node, scope, inputs, out reason),
            "Scan" => Steps(node, scope, inputs, out reason),
            _ => Nothing(null, out reason),
        };
        if (outputs is not null && outputs.Length < node.Output.Count)
            throw new UnsupportedOperatorException($"it has {node.Output.Count} outputs, and its body gives {outputs.Length}.");
        if (outputs is null)
        {
            // The nodes of the trial are dead; nothing of them is reported.
            loader.Budget.Discard(built);
            loader.UnknownNodes.RemoveRange(unknown, loader.UnknownNodes.Count - unknown);
            loader.LeftOutNodes.RemoveRange(leftOut, loader.LeftOutNodes.Count - leftOut);
            loader.WrittenOutConstants.RemoveRange(constants, loader.WrittenOutConstants.Count - constants);
            return false;
        }
        for (var index = 0; index < node.Output.Count; index++)
            if (node.Output[index].Length > 0)
            {
                outputs[index]?.NameAs(scope.FullName(node.Output[index]));
                loader.Define(scope, node.Output[index], outputs[index]);
            }
        return true;
    }

    private static Value?[]? Nothing(string? why, out string? reason)
    {
        reason = why;
        return null;
    }

    private Value?[]? Branch(NodeProto node, Scope scope, ImmutableArray<Value?> inputs, out string? reason)
    {
        if (KnownTensor.Integer(inputs[0]!) is not { } condition)
            return Nothing("its condition is known only at run time.", out reason);
        var graph = Body(node, condition != 0 ? "then_branch" : "else_branch");
        return Run(graph, Inner(scope, Shared(graph, scope, node), $"{Prefix(node)}/"), [], node.Output.Count, out reason);
    }

    private Value?[]? Iterations(NodeProto node, Scope scope, ImmutableArray<Value?> inputs, out string? reason)
    {
        var graph = Body(node, "body");
        var most = inputs is [{ } trips, ..] ? KnownTensor.Integer(trips) : long.MaxValue;
        var going = inputs.Length < 2 || inputs[1] is not { } condition ? 1 : KnownTensor.Integer(condition);
        if (most is null || going is null)
        {
            loader.Undecided.AddRange(inputs.Take(2).OfType<Value>().Where(value => KnownTensor.Of(value) is null));
            return Nothing("the number of its iterations is known only at run time.", out reason);
        }
        var shared = Shared(graph, scope, node);
        Value?[] states = [.. inputs.Skip(2)];
        var stacked = Enumerable.Range(0, Math.Max(0, graph.Output.Count - 1 - states.Length)).Select(_ => new List<Value?>()).ToArray();
        long iteration = 0;
        for (; iteration < most && going != 0; iteration++)
        {
            if ((iteration + 1) * Math.Max(1, graph.Node.Count) > MostNodes)
                return Nothing(TooMany(iteration), out reason);
            var b = scope.Builder;
            Value?[] given = [b.Scalar(ElementType.Int64, iteration), b.Scalar(ElementType.Bool, 1), .. states];
            if (
                Run(graph, Inner(scope, shared, $"{Prefix(node)}/{iteration}/"), given, 1 + states.Length + stacked.Length, out reason)
                is not { } outputs
            )
                return null;
            going = outputs[0] is { } on ? KnownTensor.Integer(on) : null;
            if (going is null)
                return Nothing("the number of its iterations is known only at run time.", out reason);
            states = [.. outputs[1..(1 + states.Length)].Select(state => Counted(b, state))];
            for (var index = 0; index < stacked.Length; index++)
                stacked[index].Add(outputs[1 + states.Length + index]);
        }
        reason = null;
        return iteration == 0 && stacked.Length > 0
            ? Nothing("it has no iterations, so nothing is stacked.", out reason)
            : [.. states, .. stacked.Select(rows => Stack(scope.Builder, rows, 0))];
    }

    private Value?[]? Steps(NodeProto node, Scope scope, ImmutableArray<Value?> inputs, out string? reason)
    {
        if (scope.Opsets[""] == 8)
            return StepsOfSamples(node, scope, inputs, out reason);
        var graph = Body(node, "body");
        var scanned = BodyTypes.Scanned(node);
        var carried = inputs.Length - scanned;
        if (scanned < 1 || carried < 0)
            return Nothing("it has no inputs that are scanned.", out reason);
        var b = scope.Builder;
        var parts = new List<Value[]>();
        for (var index = 0; index < scanned; index++)
        {
            if (inputs[carried + index] is not { } value)
                return Nothing("one of its inputs is left out.", out reason);
            var axis = Axes.Normalize(Entry(node, "scan_input_axes", index), value.Type.Rank);
            if (value.Type.Shape[axis].Known is not { } length)
                return Nothing(
                    $"the number {value.Type.Shape[axis]} of its steps is not known; give the sizes of symbolic dimensions.",
                    out reason
                );
            if (length > MostNodes / Math.Max(1, graph.Node.Count))
                return Nothing(TooMany(length), out reason);
            parts.Add(Cut(b, value, axis, length, Entry(node, "scan_input_directions", index) == 1));
        }
        if (parts.Select(list => list.Length).Distinct().Count() > 1 || parts[0].Length == 0)
            return Nothing("its inputs have different numbers of steps, or none.", out reason);
        if (Sweep(node, graph, scope, Shared(graph, scope, node), "", [.. inputs.Take(carried)], parts, out reason) is not { } swept)
            return null;
        for (var index = 0; index < swept.Stacked.Length; index++)
            if (Entry(node, "scan_output_directions", index) == 1)
                swept.Stacked[index].Reverse();
        return [.. swept.States, .. swept.Stacked.Select((rows, index) => Stack(b, rows, Entry(node, "scan_output_axes", index)))];
    }

    /// <summary>
    /// Scan as it was in opset 8: every sample by itself, samples along the first axis of all values and steps along the second.
    /// </summary>
    private Value?[]? StepsOfSamples(NodeProto node, Scope scope, ImmutableArray<Value?> inputs, out string? reason)
    {
        var graph = Body(node, "body");
        var scanned = BodyTypes.Scanned(node);
        var carried = inputs.Length - 1 - scanned;
        if (scanned < 1 || carried < 0)
            return Nothing("it has no inputs that are scanned.", out reason);
        if (inputs[0] is not null)
            return Nothing(
                "Scan of opset 8 with lengths of sequences is not supported; convert the model to opset 9 or later.",
                out reason
            );
        Value[] given = [.. inputs.Skip(1)!];
        if (given.Contains(null))
            return Nothing("an input of it is left out.", out reason);
        if (given[carried].Type is not { Rank: > 1 } type || type.Shape[0].Known is not { } samples || type.Shape[1].Known is not { } steps)
            return Nothing(
                $"the numbers {given[carried].Type.Shape} of its samples and steps are not known; give the sizes of symbolic dimensions.",
                out reason
            );
        if (samples > MostNodes || steps > MostNodes || samples * steps * Math.Max(1, graph.Node.Count) > MostNodes)
            return Nothing(TooMany(Math.Max(samples, steps)), out reason);
        if (
            samples == 0
            || steps == 0
            || given.Any(value => value.Type.Rank == 0 || value.Type.Shape[0] != samples)
            || given.Skip(carried).Any(value => value.Type.Rank < 2 || value.Type.Shape[1] != steps)
        )
            return Nothing("its inputs have different numbers of samples or steps, or none.", out reason);
        var b = scope.Builder;
        var separate = given.Select(value => Cut(b, value, 0, samples, false)).ToArray();
        var shared = Shared(graph, scope, node);
        var outputs = Enumerable.Range(0, graph.Output.Count).Select(_ => new List<Value?>()).ToArray();
        for (var sample = 0; sample < samples; sample++)
        {
            var parts = separate
                .Skip(carried)
                .Select((of, index) => Cut(b, of[sample], 0, steps, Entry(node, "directions", index) == 1))
                .ToList();
            if (
                Sweep(node, graph, scope, shared, $"{sample}/", [.. separate.Take(carried).Select(of => of[sample])], parts, out reason)
                is not { } swept
            )
                return null;
            foreach (var (index, value) in swept.States.Concat(swept.Stacked.Select(rows => Stack(b, rows, 0))).Index())
                outputs[index].Add(value);
        }
        reason = null;
        return [.. outputs.Select(ofSamples => Stack(b, ofSamples, 0))];
    }

    /// <summary>The states after all steps, and what every step gives out; null with a reason where a step cannot be written out.</summary>
    private (Value?[] States, List<Value?>[] Stacked)? Sweep(
        NodeProto node,
        GraphProto graph,
        Scope scope,
        Scope shared,
        string prefix,
        Value?[] states,
        List<Value[]> parts,
        out string? reason
    )
    {
        var carried = states.Length;
        var stacked = Enumerable.Range(0, Math.Max(0, graph.Output.Count - carried)).Select(_ => new List<Value?>()).ToArray();
        for (var step = 0; step < parts[0].Length; step++)
        {
            if (
                Run(
                    graph,
                    Inner(scope, shared, $"{Prefix(node)}/{prefix}{step}/"),
                    [.. states, .. parts.Select(list => list[step])],
                    carried + stacked.Length,
                    out reason
                )
                is not { } outputs
            )
                return null;
            states = outputs[..carried];
            for (var index = 0; index < stacked.Length; index++)
                stacked[index].Add(outputs[carried + index]);
        }
        reason = null;
        return (states, stacked);
    }

    /// <summary>
    /// A state that counts is a constant in every iteration, so that what depends on it is known without going back over all iterations.
    /// </summary>
    private static Value? Counted(GraphBuilder b, Value? state) =>
        state is { Producer: not null } && !state.Type.Element.IsFloat() && KnownTensor.Of(state) is { } known ? b.Constant(known) : state;

    /// <summary>Loads a body once, and gives its outputs; null for one whose type is not known.</summary>
    private Value?[]? Run(GraphProto graph, Scope inner, Value?[] inputs, int outputs, out string? reason)
    {
        if (graph.Input.Count != inputs.Length || graph.Output.Count != outputs)
            return Nothing("its body does not fit its inputs and outputs.", out reason);
        for (var index = 0; index < inputs.Length; index++)
            loader.Define(inner, graph.Input[index].Name, inputs[index]);
        loader.Load(graph.Node, inner);
        var given = new Value?[outputs];
        for (var index = 0; index < outputs; index++)
            if (!inner.Find(graph.Output[index].Name, out given[index]))
                return Nothing($"its body gives out '{graph.Output[index].Name}', which nothing in it defines.", out reason);
        reason = null;
        return given;
    }

    /// <summary>The scope of what all iterations share: the initializers of the body.</summary>
    private Scope Shared(GraphProto graph, Scope scope, NodeProto node)
    {
        var shared = Inner(scope, scope, $"{Prefix(node)}/");
        loader.LoadInitializers(graph, shared);
        return shared;
    }

    private Scope Inner(Scope scope, Scope parent, string prefix) =>
        new(scope.Builder, parent, scope.Opsets, loader.Deeper(scope))
        {
            FullName = local => scope.FullName(prefix + local),
            Arguments = scope.Arguments,
            IsRepeated = true,
        };

    private static Value[] Cut(GraphBuilder b, Value value, int axis, long length, bool backwards)
    {
        IEnumerable<Value> parts =
            length == 1
                ? [value]
                : Catalogue
                    .Get<Split>()
                    .Apply(
                        b,
                        [value],
                        Attributes.Empty.With("axis", (long)axis).With("split", Enumerable.Repeat(1L, (int)length)),
                        (int)length
                    )
                    .Outputs;
        var cut = parts.Select(part => Reshape.To(b, part, part.Type.Shape.Remove(axis)));
        return [.. backwards ? cut.Reverse() : cut];
    }

    private static Value? Stack(GraphBuilder b, List<Value?> rows, long axis)
    {
        if (rows.Contains(null))
            return null;
        var at = Axes.Normalize(axis, rows[0]!.Type.Rank + 1);
        return Concat.Of(b, [.. rows.Select(row => Reshape.InsertAxis(b, row!, at))], at);
    }

    private static string TooMany(long iterations) =>
        $"its {iterations} iterations or more would become over {MostNodes} nodes, which " + $"is the limit.";

    private static string Prefix(NodeProto node) =>
        node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(name => name.Length > 0) ?? node.OpType;

    private static long Entry(NodeProto node, string attribute, int index) =>
        node.Attribute.FirstOrDefault(given => given.Name == attribute)?.Ints is { } list && index < list.Count ? list[index] : 0;

    private static GraphProto Body(NodeProto node, string name) =>
        node.Attribute.FirstOrDefault(attribute => attribute.Name == name)?.G
        ?? throw new UnsupportedOperatorException($"{node.OpType} lacks its attribute '{name}'.");
}
