using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// Runs a body again and again. Inputs: the number of iterations, a condition (either may be left out), and the initial states. The
/// attribute <c>body</c> takes the iteration, the condition and the states; it gives the condition, the new states, and values that are
/// stacked over the iterations. In the loops of a model what the body captures follows the states among the node's inputs. The number of
/// iterations is piecewise constant; the derivative is that of the iterations that are taken, a <see cref="Scan"/>
/// (<see cref="LoopIterations"/>).
/// </summary>
internal sealed class Loop : Operator, IBodyOperator
{
    /// <summary>The body.</summary>
    public static Program BodyOf(Attributes attributes) =>
        attributes.Program("body") ?? throw new UnsupportedOperatorException("Loop lacks its body.");

    /// <summary>The number of states.</summary>
    public static int States(Attributes attributes) => Math.Max(0, BodyOf(attributes).Parameters.Length - 2);

    /// <summary>
    /// Types that states keep, and a leading axis for stacked values: its size is the number of iterations where that is known, else a
    /// symbol of its own.
    /// </summary>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (body, states) = (BodyOf(call.Attributes), States(call.Attributes));
        for (var index = 0; index < 2; index++)
            if (call.Input(index) is { } input && input.Type.Shape.Elements is { IsKnown: true, IsOne: false })
                throw new ShapeException($"the input {index} of Loop is {input.Type}, and a single one is expected");
        var iterations = LoopIterations.Count(call.Input(0), call.Input(1), body) ?? LoopIterations.Symbol(body);
        return
        [
            .. body
                .Outputs.Skip(1)
                .Select(
                    (output, index) =>
                        index < states ? output.Value.Type : output.Value.Type with { Shape = output.Value.Type.Shape.Prepend(iterations) }
                ),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        throw new UnsupportedOperatorException("a Loop is evaluated together with what its body captures.");

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active)
    {
        var body = BodyOf(node.Attributes);
        var values = node
            .Inputs.Index()
            .Where(entry => entry.Index > 1 && active[entry.Index])
            .Select(entry => entry.Index < body.Parameters.Length ? body.Parameters[entry.Index] : entry.Item!)
            .ToHashSet();
        return values.Count == 0
            ? Curvature.PiecewiseConstant
            : IterationRules.Analyze(
                body.Nodes,
                [.. Enumerable.Range(2, States(node.Attributes)).Select(index => (body.Parameters[index], body.Outputs[index - 1].Value))],
                body.Outputs.Skip(1).Select(output => output.Value),
                values
            );
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        if (dx.Skip(2).All(tangent => tangent is null))
            return NoTangents(node);
        var states = States(node.Attributes);
        return IterationRules.Linearize(b, LoopIterations.Of(b, node), [.. dx.Skip(2).Take(states), null], Captured(node, dx));
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    )
    {
        ImmutableArray<Value?> all = [.. inputs.Select((input, index) => batched[index] ? input : null)];
        if (all.Take(2).Any(input => input is not null) || EndsBy(node, all.Select(input => input is not null)))
            throw new UnsupportedOperatorException("Loop cannot take a number of iterations that differs between directions.");
        return IterationRules.Batch(
            b,
            LoopIterations.Of(b, node),
            [.. all.Skip(2).Take(States(node.Attributes)), null],
            Captured(node, all),
            directions
        );
    }

    /// <inheritdoc/>
    public override Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape) =>
        BodyCopy.Substitute(b, node, inputs);

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        if (inputs.Take(2).Any(axis => !axis.IsNone) || EndsBy(node, inputs.Select(axis => !axis.IsNone)))
            return [.. node.Outputs.Select(_ => SampleLayout.Coupled)];
        var states = States(node.Attributes);
        var captured = node.Inputs.Index().Skip(2 + states).ToDictionary(entry => entry.Item!, entry => inputs[entry.Index]);
        return IterationRules.Samples(
            LoopIterations.Of(new GraphBuilder(node.Scope), node),
            [.. inputs.Skip(2).Take(states), SampleLayout.None],
            captured
        );
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Inputs = WithCaptures([call.Input(0), call.Input(1), .. call.Inputs.Skip(2)], call.Attributes),
        };

    /// <summary>The condition has its place even where it is left out and no state follows: ONNX wants two inputs at least.</summary>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) with
        {
            Inputs = [node.Input(0), node.Input(1), .. node.Inputs.Skip(2).Take(States(node.Attributes))],
        };

    /// <summary>
    /// The iterations of a loop with a constant number of them and a body that never ends it early, as loops over directions are; null for
    /// other nodes.
    /// </summary>
    public static long? FixedIterations(Node node) =>
        node.Operator is Loop
        && node.Input(0)?.Constant is { } iterations
        && node.Input(1) is null
        && BodyOf(node.Attributes) is var body
        && LoopIterations.NeverEnds(body)
        && LoopIterations.IgnoresCondition(body)
            ? iterations.Read().Integers[0]
            : null;

    /// <inheritdoc/>
    public int OutputsBefore => 1;

    /// <inheritdoc/>
    public int BodyInputs(int inputs, int opset) => Math.Max(2, inputs);

    /// <inheritdoc/>
    public bool ListsCaptures(Node node) => node.Inputs.Length > 2 + States(node.Attributes);

    /// <inheritdoc/>
    public ImmutableArray<Value?> WithCaptures(ImmutableArray<Value?> inputs, Attributes attributes) =>
        [.. inputs.Take(2 + States(attributes)), .. GraphWalk.Captures(BodyOf(attributes))];

    /// <inheritdoc/>
    public ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values)
    {
        var (body, count) = (BodyOf(node.Attributes), States(node.Attributes));
        var iterations = node.Input(0) is { } limit ? Interpreter.Read(limit, values).Integers[0] : long.MaxValue;
        var going = node.Input(1) is not { } condition || Interpreter.Read(condition, values).Integers[0] != 0;
        Tensor[] states = [.. node.Inputs.Skip(2).Take(count).Select(input => Interpreter.Read(input!, values))];
        var rows = body.Outputs.Skip(1 + count).Select(_ => new List<Tensor>()).ToArray();
        for (long iteration = 0; iteration < iterations && going; iteration++)
        {
            var inside = new Dictionary<Value, Tensor>(values)
            {
                [body.Parameters[0]] = Tensor.Scalar(ElementType.Int64, iteration),
                [body.Parameters[1]] = Tensor.Scalar(ElementType.Bool, 1),
            };
            for (var index = 0; index < states.Length; index++)
                inside[body.Parameters[2 + index]] = states[index];
            Interpreter.Run(body.Nodes, inside);
            Tensor[] outputs = [.. body.Outputs.Select(output => Interpreter.Read(output.Value, inside))];
            going = outputs[0].Integers[0] != 0;
            states = outputs[1..(1 + count)];
            for (var index = 0; index < rows.Length; index++)
                rows[index].Add(outputs[1 + count + index]);
        }
        return
        [
            .. states,
            .. rows.Select((parts, index) => Stacking.Stack(parts, body.Outputs[1 + count + index].Value.Type, node.Inputs, values)),
        ];
    }

    /// <summary>Whether values decide how many iterations there are: the condition that the body gives depends on them.</summary>
    private static bool EndsBy(Node node, IEnumerable<bool> differ)
    {
        var body = BodyOf(node.Attributes);
        var varying = differ
            .Index()
            .Where(entry => entry.Item && entry.Index > 1)
            .Select(entry => entry.Index < body.Parameters.Length ? body.Parameters[entry.Index] : node.Inputs[entry.Index]!)
            .ToHashSet();
        do foreach (var inner in body.Nodes)
            if (GraphWalk.Dependencies(inner).Any(varying.Contains))
                varying.UnionWith(inner.Outputs);
        while (
            body
                .Outputs.Skip(1)
                .Zip(body.Parameters.Skip(2))
                .Where(state => varying.Contains(state.First.Value))
                .Any(state => varying.Add(state.Second))
        );
        return varying.Contains(body.Outputs[0].Value);
    }

    private static Dictionary<Value, Value> Captured(Node node, ImmutableArray<Value?> given) =>
        node
            .Inputs.Index()
            .Skip(2 + States(node.Attributes))
            .Where(entry => given[entry.Index] is not null)
            .ToDictionary(entry => entry.Item!, entry => given[entry.Index]!);

    /// <inheritdoc/>
    public bool IsConditional => false;

    /// <inheritdoc/>
    public ImmutableArray<(int Parameter, int Output)> StatesOf(Node node) =>
        [.. Enumerable.Range(0, States(node.Attributes)).Select(index => (index + 2, index + 1))];

    /// <summary>The stacked values, which are kept as parts until the last iteration.</summary>
    public IEnumerable<Value> HeldTwice(Node node) => node.Outputs.Skip(States(node.Attributes));

    /// <summary>The number that is given, where it is a constant, or else the length of what is stacked.</summary>
    public Dim? IterationsOf(Node node) =>
        node.Input(0)?.Constant is { } given ? given.Read().Integers[0]
        : node.Outputs.Length > States(node.Attributes) ? node.Outputs[^1].Type.Shape[0]
        : null;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
