using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// The part of a loop's body that is linear, as a loop of its own. The residuals, which it needs of the rest, are among its sequences:
/// another loop stacks them.
/// </summary>
internal static class LinearIterations
{
    /// <summary>
    /// Takes the linear part out of a body, builds in <paramref name="b"/> the loop that stacks its residuals, and gives the linear loop.
    /// Its states and rows are those of <paramref name="linear"/>, and its first sequences are, too. All that its body captures is of
    /// <paramref name="b"/>.
    /// </summary>
    /// <param name="b">The builder of the program around the loops.</param>
    /// <param name="primal">The states and sequences of the body that its linear part does not carry.</param>
    /// <param name="linear">The linear part, in the same body.</param>
    /// <param name="captured">The values of the program around the loop that are linear, too.</param>
    public static Iterations Separate(GraphBuilder b, Iterations primal, Iterations linear, IEnumerable<Value> captured)
    {
        var body = linear.Body;
        var active = linear.Parameters.Concat(captured).ToHashSet();
        var nodes = new List<Node>();
        var needed = new List<Value>();
        foreach (var node in GraphWalk.Ancestors(linear.Results, active, body))
            if (GraphWalk.Dependencies(node).Any(active.Contains))
            {
                nodes.Add(node);
                needed.AddRange(GraphWalk.Dependencies(node).Where(value => !active.Contains(value)));
                active.UnionWith(node.Outputs);
            }
        needed.AddRange(linear.Results.Where(value => !active.Contains(value)));

        var own = primal.Parameters.ToHashSet();
        var varying = new HashSet<Value>(own);
        var computed = GraphWalk.Ancestors(needed, scope: body);
        foreach (var node in computed)
            if (GraphWalk.Dependencies(node).Any(varying.Contains))
                varying.UnionWith(node.Outputs);

        var inner = new GraphBuilder(b);
        var map = new Dictionary<Value, Value>();
        foreach (var parameter in linear.Parameters)
            map[parameter] = inner.Parameter(parameter.Type);
        var sequences = linear.Inputs.Select(input => input with { Parameter = map[input.Parameter] }).ToList();
        // A value that is the same in all iterations is computed once, before the loop.
        BodyCopy.Into(b, computed.Where(node => !node.Outputs.Any(varying.Contains)), map);
        var stacked = new List<Value>();
        foreach (var value in needed.Where(varying.Contains).Distinct())
        {
            if (primal.Inputs.FirstOrDefault(input => input.Parameter == value) is { } scanned)
                sequences.Add(scanned with { Parameter = map[value] = inner.Parameter(value.Type) });
            else if (OfSizes(b, value) is { } sizes)
                map[value] = sizes;
            else
                stacked.Add(value);
        }
        foreach (var (value, sequence) in stacked.Zip(Stack(b, primal, stacked)))
            sequences.Add(new Scanned(map[value] = inner.Parameter(value.Type), sequence, false));
        if (sequences.Count == 0)
            sequences.Add(primal.Inputs[0] with { Parameter = inner.Parameter(primal.Inputs[0].Parameter.Type) });
        var copies = BodyCopy.Into(inner, nodes, map);
        return new Iterations(
            inner,
            copies,
            [.. linear.States.Select(state => new Carried(map[state.Parameter], state.Initial, BodyCopy.Mapped(map, state.Next)))],
            [.. sequences],
            [.. linear.Rows.Select(row => row with { Value = BodyCopy.Mapped(map, row.Value) })],
            linear.Count,
            linear.MayBeNone
        );
    }

    /// <summary>The sequences of values of a body, iteration by iteration.</summary>
    private static IEnumerable<Value> Stack(GraphBuilder b, Iterations iterations, List<Value> values)
    {
        if (values.Count == 0)
            return [];
        // Only those states are carried on which the values depend.
        var states = new HashSet<Carried>();
        ImmutableArray<Node> nodes;
        HashSet<Value> used;
        do
        {
            Value[] wanted = [.. values, .. states.Select(state => state.Next)];
            nodes = GraphWalk.Ancestors(wanted, scope: iterations.Body);
            used = [.. nodes.SelectMany(GraphWalk.Dependencies).Concat(wanted)];
        } while (iterations.States.Where(state => used.Contains(state.Parameter)).Any(states.Add));
        var inner = new GraphBuilder(b) { Origin = b.Origin };
        var map = new Dictionary<Value, Value>();
        Carried[] kept = [.. iterations.States.Where(states.Contains)];
        Scanned[] taken = [.. iterations.Inputs.Where((input, index) => index == 0 || used.Contains(input.Parameter))];
        foreach (var parameter in kept.Select(state => state.Parameter).Concat(taken.Select(input => input.Parameter)))
            map[parameter] = inner.Parameter(parameter.Type);
        var copies = BodyCopy.Into(inner, nodes, map);
        return new Iterations(
            inner,
            copies,
            [.. kept.Select(state => state with { Parameter = map[state.Parameter], Next = BodyCopy.Mapped(map, state.Next) })],
            [.. taken.Select(input => input with { Parameter = map[input.Parameter] })],
            [.. values.Select(value => new Row(BodyCopy.Mapped(map, value), false))],
            iterations.Count,
            iterations.MayBeNone
        )
            .Build(b)
            .Skip(kept.Length);
    }

    /// <summary>Integers that are sizes around the loop, too, made there; null for others.</summary>
    private static Value? OfSizes(GraphBuilder b, Value value)
    {
        if (value.Contents is not { } contents || !contents.SelectMany(dim => dim.Symbols).All(b.HasSymbol))
            return null;
        var vector = Dims.ToValue(b, [.. contents]);
        return Cast.Of(b, Reshape.To(b, vector, value.Type.Shape), value.Type.Element);
    }
}
