using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// The rules of loops. With s' = f(s, x, w), y = g(s, x, w) in each iteration, where s is carried, x is scanned and w is captured:
/// the tangent is a loop ds' = f_s ds + f_x dx + f_w dw, dy likewise, whose residuals f_s, … a loop over the primal values stacks.
/// <see cref="IterationTranspose"/> is the transpose of that.
/// </summary>
internal static class IterationRules
{
    /// <summary>
    /// The most with which a body depends on what is active, states that become active from iteration to iteration included.
    /// </summary>
    /// <param name="nodes">The body.</param>
    /// <param name="states">The states: the values that an iteration takes, and those that the next one does.</param>
    /// <param name="results">The outputs of the body.</param>
    /// <param name="active">The active values, to which those of the body are added.</param>
    public static Curvature Analyze(
        IReadOnlyCollection<Node> nodes,
        IReadOnlyCollection<(Value Parameter, Value Next)> states,
        IEnumerable<Value> results,
        HashSet<Value> active
    )
    {
        IReadOnlyList<(Node Node, Curvature Curvature)> found;
        do found = CurvatureAnalysis.Run(nodes, active);
        while (
            states
                .Where(state => state.Parameter.Type.Element.IsFloat() && active.Contains(state.Next))
                .Any(state => active.Add(state.Parameter))
        );
        var most = found.Select(node => node.Curvature).DefaultIfEmpty(Curvature.PiecewiseConstant).Max();
        // A body that passes a value through is linear in it.
        return most == Curvature.PiecewiseConstant && results.Any(active.Contains) ? Curvature.Linear : most;
    }

    /// <summary>The tangents of the states after all iterations and of the stacked rows; null where one is zero.</summary>
    /// <param name="b">The builder of the program around the loop.</param>
    /// <param name="iterations">The loop.</param>
    /// <param name="dx">The tangents of the initial states and the sequences.</param>
    /// <param name="captured">The tangents of captured values, by these.</param>
    public static ImmutableArray<Value?> Linearize(
        GraphBuilder b,
        Iterations iterations,
        ImmutableArray<Value?> dx,
        IReadOnlyDictionary<Value, Value> captured
    )
    {
        var active = captured.Keys.Concat(iterations.Parameters.Where((_, index) => dx[index] is not null)).ToHashSet();
        Analyze(iterations.Nodes, Pairs(iterations), iterations.Results, active);
        var body = iterations.Body;
        var tangents = captured.ToDictionary();
        foreach (var parameter in iterations.Parameters)
            if (active.Contains(parameter))
                tangents[parameter] = body.Parameter(parameter.Type);
        var refusals = new List<UnsupportedNode>();
        Pushforward.Run(body, iterations.Nodes, tangents, refusals, []);
        if (refusals.Count > 0)
            throw UnsupportedNode.InBody(refusals);
        var linear = iterations with
        {
            States =
            [
                .. iterations
                    .States.Index()
                    .Where(entry => active.Contains(entry.Item.Parameter))
                    .Select(entry => new Carried(
                        tangents[entry.Item.Parameter],
                        dx[entry.Index] ?? Zero(b, entry.Item.Parameter),
                        tangents.GetValueOrDefault(entry.Item.Next) ?? Zero(body, entry.Item.Parameter)
                    )),
            ],
            Inputs =
            [
                .. iterations
                    .Inputs.Index()
                    .Where(entry => active.Contains(entry.Item.Parameter))
                    .Select(entry => new Scanned(
                        tangents[entry.Item.Parameter],
                        dx[iterations.States.Length + entry.Index]!,
                        entry.Item.Reversed
                    )),
            ],
            Rows =
            [
                .. iterations.Rows.Where(row => tangents.ContainsKey(row.Value)).Select(row => row with { Value = tangents[row.Value] }),
            ],
        };
        if (linear.States.Length + linear.Rows.Length == 0)
            return [.. iterations.Results.Select(_ => (Value?)null)];
        var made = LinearIterations.Separate(b, iterations, linear, captured.Values).Build(b);
        var next = 0;
        return
        [
            .. iterations.States.Select(state => active.Contains(state.Parameter) ? made[next++] : null),
            .. iterations.Rows.Select(row => tangents.ContainsKey(row.Value) ? made[next++] : null),
        ];
    }

    /// <summary>The states after all iterations and the stacked rows for many directions at once, along a new first axis.</summary>
    /// <param name="b">The builder of the program around the loop.</param>
    /// <param name="iterations">The loop.</param>
    /// <param name="given">The initial states and the sequences that differ between directions, along a new first axis; null for
    /// others.</param>
    /// <param name="captured">The captured values that do, by those of the loop.</param>
    /// <param name="directions">The number of directions.</param>
    public static ImmutableArray<Value> Batch(
        GraphBuilder b,
        Iterations iterations,
        ImmutableArray<Value?> given,
        IReadOnlyDictionary<Value, Value> captured,
        Dim directions
    )
    {
        var varying = captured.Keys.Concat(iterations.Parameters.Where((_, index) => given[index] is not null)).ToHashSet();
        do foreach (var node in iterations.Nodes)
            if (GraphWalk.Dependencies(node).Any(varying.Contains))
                varying.UnionWith(node.Outputs);
        while (iterations.States.Where(state => varying.Contains(state.Next)).Any(state => varying.Add(state.Parameter)));

        var body = new GraphBuilder(b) { Origin = b.Origin };
        // The body for one direction is built beside that for all, and is left out where nothing takes it.
        var aside = new GraphBuilder(b);
        var (map, batched) = (new Dictionary<Value, Value>(), captured.ToDictionary());
        var parameters = new List<Value>();
        foreach (var parameter in iterations.Parameters)
            if (varying.Contains(parameter))
            {
                parameters.Add(body.Parameter(parameter.Type with { Shape = parameter.Type.Shape.Prepend(directions) }));
                batched[map[parameter] = aside.Parameter(parameter.Type)] = parameters[^1];
            }
            else
                parameters.Add(map[parameter] = body.Parameter(parameter.Type));
        BodyCopy.Into(body, iterations.Nodes.Where(node => !node.Outputs.Any(varying.Contains)), map);
        var copies = BodyCopy.Into(aside, iterations.Nodes.Where(node => node.Outputs.Any(varying.Contains)), map);
        Batching.Run(body, copies, batched, directions);
        Value Of(Value value)
        {
            var copy = BodyCopy.Mapped(map, value);
            return !varying.Contains(value) ? copy
                : batched.TryGetValue(copy, out var all) ? all
                : DirectionAxis.Repeat(body, copy, false, directions);
        }
        var made = new Iterations(
            body,
            [],
            [
                .. iterations.States.Select(
                    (state, index) =>
                        new Carried(
                            parameters[index],
                            varying.Contains(state.Parameter)
                                ? given[index] ?? DirectionAxis.Repeat(b, state.Initial, false, directions)
                                : state.Initial,
                            varying.Contains(state.Parameter) && !varying.Contains(state.Next)
                                ? DirectionAxis.Repeat(body, Of(state.Next), false, directions)
                                : Of(state.Next)
                        )
                ),
            ],
            [
                .. iterations.Inputs.Select(
                    (input, index) =>
                        input with
                        {
                            Parameter = parameters[iterations.States.Length + index],
                            Sequence = given[iterations.States.Length + index] is { } all
                                ? TransposeAxes.Move(b, all, 0, 1)
                                : input.Sequence,
                        }
                ),
            ],
            [.. iterations.Rows.Select(row => row with { Value = Of(row.Value) })],
            iterations.Count,
            iterations.MayBeNone
        ).Build(b);
        return
        [
            .. iterations.States.Select(
                (state, index) => DirectionAxis.Repeat(b, made[index], varying.Contains(state.Parameter), directions)
            ),
            .. iterations.Rows.Select(
                (row, index) =>
                    made[iterations.States.Length + index] is var all && varying.Contains(row.Value)
                        ? TransposeAxes.Move(b, all, 1, 0)
                        : DirectionAxis.Repeat(b, all, false, directions)
            ),
        ];
    }

    /// <summary>How the states after all iterations and the stacked rows depend on the samples.</summary>
    /// <param name="iterations">The loop.</param>
    /// <param name="given">How the initial states and the sequences do.</param>
    /// <param name="captured">How the captured values do.</param>
    public static ImmutableArray<SampleLayout> Samples(
        Iterations iterations,
        ImmutableArray<SampleLayout> given,
        IReadOnlyDictionary<Value, SampleLayout> captured
    )
    {
        var axes = SampleAxes(iterations, given, captured);
        return
        [
            .. iterations.States.Select(state => axes.GetValueOrDefault(state.Parameter)),
            .. iterations.Rows.Select(row => Entry(axes.GetValueOrDefault(row.Value), 1)),
        ];
    }

    /// <summary>How the values of the body depend on the samples, states as they do in any iteration.</summary>
    public static Dictionary<Value, SampleLayout> SampleAxes(
        Iterations iterations,
        ImmutableArray<SampleLayout> given,
        IReadOnlyDictionary<Value, SampleLayout> captured
    )
    {
        var carried = given.Take(iterations.States.Length).ToArray();
        while (true)
        {
            var axes = captured.Where(entry => !entry.Value.IsNone).ToDictionary();
            foreach (var (index, parameter) in iterations.Parameters.Index())
            {
                var axis = index < carried.Length ? carried[index] : Entry(given[index], -1);
                if (!axis.IsNone)
                    axes[parameter] = axis;
            }
            SampleAnalysis.Run(iterations.Nodes, axes);
            var next = iterations.States.Select((state, index) => Join(carried[index], axes.GetValueOrDefault(state.Next))).ToArray();
            if (next.SequenceEqual(carried))
                return axes;
            carried = next;
        }
    }

    /// <summary>Zeros of the type of a value.</summary>
    public static Value Zero(GraphBuilder b, Value like) => Expand.Of(b, b.Scalar(like.Type.Element, 0), like.Type.Shape);

    /// <summary>The states of an iteration: the values that it takes, and those that the next one does.</summary>
    public static (Value Parameter, Value Next)[] Pairs(Iterations iterations) =>
        [.. iterations.States.Select(state => (state.Parameter, state.Next))];

    /// <summary>
    /// The axis in an entry of a sequence, or in a sequence of entries. Samples that are the iterations are coupled by what is carried.
    /// </summary>
    private static SampleLayout Entry(SampleLayout axis, int by) =>
        !axis.IsSeparate ? axis
        : axis.Axis + by < 0 ? SampleLayout.Coupled
        : axis.Moved(axis.Axis + by);

    private static SampleLayout Join(SampleLayout a, SampleLayout b) =>
        a == b || b.IsNone ? a
        : a.IsNone ? b
        : SampleLayout.Coupled;
}
