using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>
/// Runs a body for every entry of its sequences. Inputs: initial states, and <c>num_scan_inputs</c> sequences. The attribute <c>body</c>
/// takes the states and an entry of each sequence; it gives the new states, and rows that are stacked over the iterations. In canonical
/// form entries lie along first axes, states keep their shapes, and what the body captures follows the sequences among the node's inputs. A
/// derivative is a Scan, too, of as many iterations.
/// </summary>
internal sealed class Scan : Operator, IBodyOperator
{
    internal const string InputDirections = "scan_input_directions";
    internal const string OutputDirections = "scan_output_directions";

    /// <summary>An attribute of our own: there may be no iterations, which ONNX Runtime's Scan does not take.</summary>
    internal const string MayBeNone = "may_be_none";

    /// <summary>An attribute of our own: what the body captures of a masked value are only entries at which the mask is not zero.</summary>
    internal const string GathersNonzero = "gathers_nonzero";
    private const string InputAxes = "scan_input_axes";
    private const string OutputAxes = "scan_output_axes";
    private const string Count = "num_scan_inputs";

    /// <summary>
    /// Applies a body without states to the entries of <paramref name="scanned"/>, [R, …]; gives what it yields, stacked, [R, …]. Where a
    /// Loop keeps the parts until the last iteration, these are written to their place at once.
    /// </summary>
    /// <param name="b">Where the node is built.</param>
    /// <param name="scanned">The entries.</param>
    /// <param name="body">The body.</param>
    /// <param name="gathersNonzero">Whether it has the attribute <see cref="GathersNonzero"/>.</param>
    public static Value Of(GraphBuilder b, Value scanned, Program body, bool gathersNonzero = false)
    {
        var scan = Catalogue.Get<Scan>();
        var attributes = Described(body, [false], [false]);
        if (gathersNonzero)
            attributes = attributes.With(GathersNonzero, 1L);
        return scan.Apply(b, scan.WithCaptures([scanned], attributes), attributes).Output;
    }

    /// <summary>The body.</summary>
    public static Program BodyOf(Attributes attributes) =>
        attributes.Program("body") ?? throw new UnsupportedOperatorException("Scan lacks its body.");

    /// <summary>The number of states.</summary>
    public static int States(Attributes attributes) => BodyOf(attributes).Parameters.Length - (int)attributes.Int(Count, 0);

    /// <summary>The number of iterations.</summary>
    public static Dim Length(ImmutableArray<Value?> inputs, Attributes attributes)
    {
        var lengths = inputs[States(attributes)..BodyOf(attributes).Parameters.Length].Select(input => input!.Type.Shape[0]).ToArray();
        return lengths.FirstOrDefault(length => length.IsKnown, lengths[0]);
    }

    /// <summary>Whether a sequence is taken, or rows are stacked, from the last entry to the first.</summary>
    internal static bool IsReversed(Attributes attributes, string directions, int index) =>
        attributes.Ints(directions) is { } list && index < list.Length && list[index] == 1;

    /// <summary>The attributes of a node in canonical form.</summary>
    internal static Attributes Described(Program body, ImmutableArray<bool> inputs, ImmutableArray<bool> outputs)
    {
        var attributes = Attributes.Empty.With("body", body).With(Count, (long)inputs.Length);
        if (inputs.Contains(true))
            attributes = attributes.With(InputDirections, inputs.Select(reversed => reversed ? 1L : 0));
        if (outputs.Contains(true))
            attributes = attributes.With(OutputDirections, outputs.Select(reversed => reversed ? 1L : 0));
        return attributes;
    }

    /// <inheritdoc/>
    public int OutputsBefore => 0;

    /// <inheritdoc/>
    public int BodyInputs(int inputs, int opset) => inputs - (opset == 8 ? 1 : 0);

    /// <inheritdoc/>
    public bool ListsCaptures(Node node) => true;

    /// <inheritdoc/>
    public ImmutableArray<Value?> WithCaptures(ImmutableArray<Value?> inputs, Attributes attributes)
    {
        var body = BodyOf(attributes);
        return [.. inputs.Take(body.Parameters.Length), .. GraphWalk.Captures(body)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (body, states) = (BodyOf(call.Attributes), States(call.Attributes));
        if (states < 0 || states == body.Parameters.Length || body.Outputs.Length < states || call.Inputs.Length < body.Parameters.Length)
            throw new UnsupportedOperatorException("the body of Scan does not fit its inputs and outputs.");
        for (var index = 0; index < states; index++)
            if (body.Outputs[index].Value.Type != body.Parameters[index].Type || call.Required(index).Type != body.Parameters[index].Type)
                throw new UnsupportedOperatorException(
                    $"the state {index} of Scan, {call.Required(index).Type} at first, is not proven to keep its shape: its body takes "
                        + $"{body.Parameters[index].Type} and gives {body.Outputs[index].Value.Type}."
                );
        var length = Length(call.Inputs, call.Attributes);
        return
        [
            .. body.Outputs.Select(
                (output, index) =>
                    index < states ? output.Value.Type : output.Value.Type with { Shape = output.Value.Type.Shape.Prepend(length) }
            ),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        EvaluateWithin(node, Interpreter.InputsOf(node, inputs));

    /// <inheritdoc/>
    public ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values) => ScanEvaluation.Of(node, values);

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active)
    {
        var (body, states) = (BodyOf(node.Attributes), States(node.Attributes));
        var values = node
            .Inputs.Index()
            .Where(entry => active[entry.Index])
            .Select(entry => entry.Index < body.Parameters.Length ? body.Parameters[entry.Index] : entry.Item!)
            .ToHashSet();
        return IterationRules.Analyze(
            body.Nodes,
            [.. Enumerable.Range(0, states).Select(index => (body.Parameters[index], body.Outputs[index].Value))],
            body.Outputs.Select(output => output.Value),
            values
        );
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        IterationRules.Linearize(b, Iterations.OfScan(b, node), dx, Captured(node, dx));

    /// <inheritdoc/>
    public override ImmutableArray<Value?> TransposeAll(GraphBuilder b, Node node, ImmutableArray<bool> active, ImmutableArray<Value?> cy)
    {
        var parameters = BodyOf(node.Attributes).Parameters.Length;
        Value[] captured = [.. node.Inputs.Where((_, index) => index >= parameters && active[index])!];
        var (given, sums) = IterationTranspose.Of(b, Iterations.OfScan(b, node), active[..parameters], captured, cy);
        var next = 0;
        return [.. given, .. active.Skip(parameters).Select(isActive => isActive ? sums[next++] : null)];
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
        return IterationRules.Batch(b, Iterations.OfScan(b, node), all, Captured(node, all), directions);
    }

    /// <inheritdoc/>
    public override Node Rebuild(GraphBuilder b, Node node, ImmutableArray<Value?> inputs, TensorShape shape) =>
        inputs.Zip(node.Inputs).All(pair => pair.First!.Type == pair.Second!.Type)
            ? BodyCopy.Substitute(b, node, inputs)
            : SingleSample.Of(b, Iterations.OfScan(b, node), inputs, node.Inputs);

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var parameters = BodyOf(node.Attributes).Parameters.Length;
        var captured = node.Inputs.Index().Skip(parameters).ToDictionary(entry => entry.Item!, entry => inputs[entry.Index]);
        return IterationRules.Samples(Iterations.OfScan(new GraphBuilder(node.Scope), node), inputs, captured);
    }

    /// <summary>Entries along first axes, and captures among the inputs.</summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset < 9)
            return OverSamples(b, call);
        var states = States(call.Attributes);
        if (states < 0 || states >= BodyOf(call.Attributes).Parameters.Length || call.Inputs.Contains(null))
            throw new UnsupportedOperatorException("the body of Scan does not fit its inputs and outputs.");
        ImmutableArray<Value?> given =
        [
            .. call.Inputs.Select(
                (input, index) =>
                    index < states
                        ? input
                        : TransposeAxes.Move(
                            b,
                            input!,
                            Axes.Normalize(Axis(call.Attributes, InputAxes, index - states), input!.Type.Rank),
                            0
                        )
            ),
        ];
        return call with { Inputs = WithCaptures(given, call.Attributes), Attributes = call.Attributes.Without(InputAxes) };
    }

    /// <summary>
    /// Scan as it was in opset 8, of every sample by itself: a Scan over the samples, along the first axis of all values, of one over the
    /// steps, along the second.
    /// </summary>
    private OperatorCall OverSamples(GraphBuilder b, OperatorCall call)
    {
        if (call.Input(0) is not null)
            throw new UnsupportedOperatorException(
                "Scan of opset 8 with lengths of sequences is not supported; convert the model to opset 9 or later."
            );
        var (body, states) = (BodyOf(call.Attributes), States(call.Attributes));
        if (
            call.Inputs.Length != 1 + body.Parameters.Length
            || states < 0
            || states >= body.Parameters.Length
            || body.Outputs.Length < states
            || call.Inputs.Skip(1).Contains(null)
        )
            throw new UnsupportedOperatorException("the body of Scan does not fit its inputs and outputs.");
        var inner = new GraphBuilder(b);
        var sample = call
            .Inputs.Skip(1)
            .Select(input => inner.Parameter(input!.Type with { Shape = input.Type.Shape.Remove(0) }))
            .ToArray();
        var steps = Described(
            body,
            [.. Enumerable.Range(0, body.Parameters.Length - states).Select(index => IsReversed(call.Attributes, "directions", index))],
            [.. body.Outputs.Skip(states).Select(_ => false)]
        );
        var scan = Apply(inner, WithCaptures([.. sample], steps), steps, body.Outputs.Length);
        var ofSample = inner.Build(sample, scan.Outputs.Select((output, index) => new NamedValue($"result_{index}", output)));
        var samples = Described(ofSample, [.. sample.Select(_ => false)], [.. scan.Outputs.Select(_ => false)]);
        return call with { Inputs = WithCaptures([.. call.Inputs.Skip(1)], samples), Attributes = samples };
    }

    /// <summary>Rows that are stacked along other axes than the first are moved there.</summary>
    public override ImmutableArray<Value?>? OnLoad(GraphBuilder b, OperatorCall call)
    {
        if (call.Attributes.Ints(OutputAxes) is null)
            return null;
        var states = States(call.Attributes);
        var scan = Apply(b, call.Inputs, call.Attributes.Without(OutputAxes), BodyOf(call.Attributes).Outputs.Length);
        return
        [
            .. scan.Outputs.Select(
                (output, index) =>
                    index < states
                        ? output
                        : TransposeAxes.Move(
                            b,
                            output,
                            0,
                            Axes.Normalize(Axis(call.Attributes, OutputAxes, index - states), output.Type.Rank)
                        )
            ),
        ];
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) with
        {
            Inputs = node.Inputs[..BodyOf(node.Attributes).Parameters.Length],
            Attributes = node.Attributes.Without(GathersNonzero),
        };

    /// <summary>Where there may be no iterations: a Loop that takes entry by entry.</summary>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node)
    {
        if (!node.Attributes.Has(MayBeNone))
            return null;
        var (body, states) = (BodyOf(node.Attributes), States(node.Attributes));
        var count = Gather.Of(b, Shape.Of(b, node.Inputs[states]!), b.Scalar(ElementType.Int64, 0), 0);
        var last = Sub.Of(b, count, b.Scalar(ElementType.Int64, 1));
        var inner = new GraphBuilder(b) { Origin = b.Origin };
        var iteration = inner.Parameter(new TensorType(ElementType.Int64, TensorShape.Scalar));
        var going = inner.Parameter(new TensorType(ElementType.Bool, TensorShape.Scalar));
        var map = new Dictionary<Value, Value>();
        foreach (var (index, parameter) in body.Parameters.Index())
            map[parameter] =
                index < states
                    ? inner.Parameter(parameter.Type)
                    : Gather.Of(
                        inner,
                        node.Inputs[index]!,
                        IsReversed(node.Attributes, InputDirections, index - states) ? Sub.Of(inner, last, iteration) : iteration,
                        0
                    );
        BodyCopy.Into(inner, body.Nodes, map);
        var still = Catalogue.Get<Identity>().Apply(inner, [going]).Output;
        var program = inner.Build(
            [iteration, going, .. body.Parameters.Take(states).Select(parameter => map[parameter])],
            [
                new NamedValue("going", still),
                .. body.Outputs.Select((output, index) => new NamedValue($"result_{index}", BodyCopy.Mapped(map, output.Value))),
            ]
        );
        var loop = Catalogue
            .Get<Loop>()
            .Apply(
                b,
                [count, null, .. node.Inputs.Take(states)],
                Attributes.Empty.With("body", program),
                node.Outputs.Length,
                [.. node.Outputs.Select(output => output.Type)]
            );
        return
        [
            .. loop.Outputs.Select(
                (output, index) =>
                    index >= states && IsReversed(node.Attributes, OutputDirections, index - states) ? Slice.Reversed(b, output, 0) : output
            ),
        ];
    }

    private static long Axis(Attributes attributes, string name, int index) =>
        attributes.Ints(name) is { } list && index < list.Length ? list[index] : 0;

    private static Dictionary<Value, Value> Captured(Node node, ImmutableArray<Value?> given) =>
        node
            .Inputs.Index()
            .Skip(BodyOf(node.Attributes).Parameters.Length)
            .Where(entry => given[entry.Index] is not null)
            .ToDictionary(entry => entry.Item!, entry => given[entry.Index]!);

    /// <inheritdoc/>
    public bool IsConditional => false;

    /// <inheritdoc/>
    public ImmutableArray<(int Parameter, int Output)> StatesOf(Node node) =>
        [.. Enumerable.Range(0, States(node.Attributes)).Select(index => (index, index))];

    /// <summary>The states; stacked values are written to their place at once.</summary>
    public IEnumerable<Value> HeldTwice(Node node) => node.Outputs.Take(States(node.Attributes));

    /// <inheritdoc/>
    public Dim? IterationsOf(Node node) => Length(node.Inputs, node.Attributes);

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;
}
