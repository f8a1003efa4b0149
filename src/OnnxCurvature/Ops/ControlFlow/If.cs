using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// The outputs of one of two bodies, <c>then_branch</c> and <c>else_branch</c>, as a condition says. The bodies have no inputs; in
/// canonical form what they capture follows the condition among the node's inputs. A derivative is an If, too: only the branch that is
/// taken is computed.
/// </summary>
internal sealed class If : Operator, IBodyOperator
{
    private static readonly ImmutableArray<string> BodyNames = ["then_branch", "else_branch"];

    /// <inheritdoc/>
    public int OutputsBefore => 0;

    /// <inheritdoc/>
    public int BodyInputs(int inputs, int opset) => 0;

    /// <inheritdoc/>
    public bool ListsCaptures(Node node) => true;

    /// <inheritdoc/>
    public ImmutableArray<Value?> WithCaptures(ImmutableArray<Value?> inputs, Attributes attributes) => InputsOf(inputs[0]!, attributes);

    /// <summary>The inputs of a node: the condition, and what its bodies capture.</summary>
    public static ImmutableArray<Value?> InputsOf(Value condition, Attributes attributes) =>
        [condition, .. Bodies(attributes).SelectMany(GraphWalk.Captures).Distinct()];

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        if (call.Required(0).Type.Shape.Elements is { IsKnown: true, IsOne: false })
            throw new ShapeException($"the condition of If is {call.Required(0).Type}, and a single one is expected");
        var bodies = Bodies(call.Attributes);
        if (bodies.Any(body => body.Parameters.Length > 0 || body.Outputs.Length != call.OutputCount))
            throw new UnsupportedOperatorException("the branches of If do not fit it.");
        foreach (var (yes, no) in bodies[0].Outputs.Zip(bodies[1].Outputs))
            if (yes.Value.Type != no.Value.Type)
                throw new UnsupportedOperatorException(
                    $"the branches of If give {yes.Value.Type} and {no.Value.Type}, and which is taken is not known before it runs; "
                        + $"give the sizes of symbolic dimensions (--dim) or fix the inputs (--fix) that its condition depends on."
                );
        return [.. bodies[0].Outputs.Select(output => output.Value.Type)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        EvaluateWithin(node, Interpreter.InputsOf(node, inputs));

    /// <inheritdoc/>
    public ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values)
    {
        var body = Bodies(node.Attributes)[values[node.Inputs[0]!].Integers[0] != 0 ? 0 : 1];
        var inside = new Dictionary<Value, Tensor>(values);
        Interpreter.Run(body.Nodes, inside);
        return [.. body.Outputs.Select(output => Interpreter.Read(output.Value, inside))];
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active)
    {
        var most = Curvature.PiecewiseConstant;
        foreach (var body in Bodies(node.Attributes))
        {
            var values = new HashSet<Value>(node.Inputs.Where((_, index) => active[index])!);
            foreach (var (_, curvature) in CurvatureAnalysis.Run(body.Nodes, values))
                most = curvature > most ? curvature : most;
            // A branch that passes a value through is linear in it.
            if (most == Curvature.PiecewiseConstant && body.Outputs.Any(output => values.Contains(output.Value)))
                most = Curvature.Linear;
        }
        return most;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var branches = Bodies(node.Attributes).Select(body => new Branch(b, body)).ToArray();
        var tangents = branches.Select(branch => branch.Tangents(node, dx)).ToArray();
        bool[] there = [.. node.Outputs.Select((_, index) => tangents.Any(list => list[index] is not null))];
        if (!there.Contains(true))
            return NoTangents(node);
        var made = Build(
            b,
            node.Inputs[0]!,
            branches,
            (branch, at) =>
                there.Select(
                    (isThere, index) =>
                        isThere ? tangents[at][index] ?? branch.Zero(branch.Outputs[index].Type.Shape, node.Outputs[index]) : null
                ),
            [.. node.Outputs.Where((_, index) => there[index]).Select(output => output.Type)]
        );
        var next = 0;
        return [.. there.Select(isThere => isThere ? made.Outputs[next++] : null)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?> TransposeAll(GraphBuilder b, Node node, ImmutableArray<bool> active, ImmutableArray<Value?> cy)
    {
        var branches = Bodies(node.Attributes).Select(body => new Branch(b, body)).ToArray();
        Value[] inputs = [.. node.Inputs.Where((_, index) => active[index])!];
        var cotangents = branches.Select(branch => branch.Cotangents(inputs, cy)).ToArray();
        var made = Build(
            b,
            node.Inputs[0]!,
            branches,
            (branch, at) => inputs.Select((input, index) => cotangents[at][index] ?? branch.Zero(input.Type.Shape, input)),
            [.. inputs.Select(input => input.Type)]
        );
        var next = 0;
        return [.. active.Select(isActive => isActive ? made.Outputs[next++] : null)];
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
        if (batched[0])
            throw new UnsupportedOperatorException("If cannot take a condition that differs between directions.");
        var values = new Dictionary<Value, Value>();
        for (var index = 1; index < inputs.Length; index++)
            if (batched[index])
                values[node.Inputs[index]!] = inputs[index]!;
        var branches = Bodies(node.Attributes).Select(body => new Branch(b, body)).ToArray();
        return Build(
            b,
            inputs[0]!,
            branches,
            (branch, _) => branch.Batched(values, directions),
            [.. node.Outputs.Select(output => output.Type with { Shape = output.Type.Shape.Prepend(directions) })]
        ).Outputs;
    }

    /// <inheritdoc/>
    public override Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape) =>
        BodyCopy.Substitute(b, node, inputs);

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        if (!inputs[0].IsNone)
            return [.. node.Outputs.Select(_ => SampleLayout.Coupled)];
        var found = Bodies(node.Attributes)
            .Select(body =>
            {
                var axes = new Dictionary<Value, SampleLayout>();
                for (var index = 1; index < inputs.Length; index++)
                    if (!inputs[index].IsNone)
                        axes[node.Inputs[index]!] = inputs[index];
                SampleAnalysis.Run(body.Nodes, axes);
                return body.Outputs.Select(output => axes.GetValueOrDefault(output.Value)).ToArray();
            })
            .ToArray();
        return
        [
            .. found[0]
                .Zip(
                    found[1],
                    (yes, no) =>
                        yes == no || no.IsNone ? yes
                        : yes.IsNone ? no
                        : SampleLayout.Coupled
                ),
        ];
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Inputs = InputsOf(call.Required(0), call.Attributes),
        };

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) with
        {
            Inputs = [node.Inputs[0]],
        };

    private static ImmutableArray<Program> Bodies(Attributes attributes) =>
        [
            .. BodyNames.Select(name =>
                attributes.Program(name) ?? throw new UnsupportedOperatorException($"If lacks its attribute '{name}'.")
            ),
        ];

    private Node Build(
        GraphBuilder b,
        Value condition,
        Branch[] branches,
        Func<Branch, int, IEnumerable<Value?>> outputs,
        ImmutableArray<TensorType> types
    )
    {
        var attributes = Attributes.Empty;
        for (var at = 0; at < branches.Length; at++)
            attributes = attributes.With(BodyNames[at], branches[at].Build(outputs(branches[at], at)));
        return b.Append(this, InputsOf(condition, attributes), attributes, types.AsSpan());
    }

    /// <summary>A body that is built anew, with something besides.</summary>
    private sealed class Branch
    {
        private readonly GraphBuilder _inner;
        private readonly ImmutableArray<Node> _nodes;

        public Branch(GraphBuilder b, Program body)
        {
            _inner = new GraphBuilder(b) { Origin = b.Origin };
            var map = new Dictionary<Value, Value>();
            _nodes = BodyCopy.Into(_inner, body.Nodes, map);
            Outputs = [.. body.Outputs.Select(output => BodyCopy.Mapped(map, output.Value))];
        }

        public ImmutableArray<Value> Outputs { get; }

        public Value Zero(TensorShape shape, Value like) => Expand.Of(_inner, _inner.Scalar(like.Type.Element, 0), shape);

        public Program Build(IEnumerable<Value?> outputs) =>
            _inner.Build(
                [],
                [.. outputs.Where(output => output is not null).Select((output, index) => new NamedValue($"branch_{index}", output!))]
            );

        public Value?[] Tangents(Node node, ImmutableArray<Value?> dx)
        {
            var tangents = new Dictionary<Value, Value>();
            for (var index = 0; index < dx.Length; index++)
                if (dx[index] is { } tangent)
                    tangents[node.Inputs[index]!] = tangent;
            var refusals = new List<UnsupportedNode>();
            Pushforward.Run(_inner, _nodes, tangents, refusals, []);
            return refusals.Count > 0
                ? throw UnsupportedNode.InBody(refusals)
                : [.. Outputs.Select(output => tangents.GetValueOrDefault(output))];
        }

        public Value?[] Cotangents(Value[] inputs, ImmutableArray<Value?> cy)
        {
            var sums = new Dictionary<Value, Value>();
            for (var index = 0; index < Outputs.Length; index++)
                if (cy[index] is { } cotangent)
                    Pullback.Accumulate(_inner, sums, Outputs[index], Reshape.To(_inner, cotangent, Outputs[index].Type.Shape));
            var refusals = new List<UnsupportedNode>();
            Pullback.Run(_inner, _nodes, inputs, sums, refusals);
            return refusals.Count > 0 ? throw UnsupportedNode.InBody(refusals) : [.. inputs.Select(input => sums.GetValueOrDefault(input))];
        }

        public IEnumerable<Value?> Batched(IReadOnlyDictionary<Value, Value> given, Dim directions)
        {
            var values = new Dictionary<Value, Value>(given);
            Batching.Run(_inner, _nodes, values, directions);
            return
            [
                .. Outputs.Select(output =>
                    values.TryGetValue(output, out var batched) ? batched : DirectionAxis.Repeat(_inner, output, false, directions)
                ),
            ];
        }
    }

    /// <inheritdoc/>
    public bool IsConditional => true;

    /// <inheritdoc/>
    public ImmutableArray<(int Parameter, int Output)> StatesOf(Node node) => [];

    /// <inheritdoc/>
    public IEnumerable<Value> HeldTwice(Node node) => [];

    /// <inheritdoc/>
    public Dim? IterationsOf(Node node) => 1;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;

    /// <inheritdoc/>
    public override bool Branches => true;
}
