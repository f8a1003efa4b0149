using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Recurrent;

/// <summary>
/// A cell that is applied along a sequence x [T, N, I] with the weights W [D, G*H, I] and R [D, G*H, H] and the bias [D, 2*G*H], in D
/// directions. Outputs: the states of all steps [T, D, N, H], then the last of each state [D, N, H]. With <c>layout</c> = 1 the
/// batch axis N comes first. For differentiation the steps are written one after another where their number is known, and else become a
/// Scan.
/// </summary>
internal abstract class RecurrentOperator : CompositeOperator
{
    /// <summary>The most steps that are written one after another.</summary>
    public const int MostSteps = 4096;

    /// <summary>The number of gates, G.</summary>
    protected abstract int Gates { get; }

    /// <summary>The number of states that are carried from step to step; the first is the output.</summary>
    protected abstract int States { get; }

    /// <summary>The input at which the initial states begin.</summary>
    protected const int InitialStates = 5;

    /// <summary>The step of one direction.</summary>
    private protected abstract Step CellOf(Expr like, OperatorCall call, RecurrentWeights weights, int direction, int directions);

    /// <summary>
    /// The new states, of what the input contributes to the gates [N, G*H], biases not included, and the states; a state that is null is
    /// zero.
    /// </summary>
    protected delegate Expr[] Step(Expr input, Expr?[] states);

    /// <inheritdoc/>
    /// <remarks>The states that a sequence begins with are no weights.</remarks>
    public override ConstantRole RoleOf(Node node, int input) =>
        input is 1 or 2 or 3 || input >= InitialStates + States ? ConstantRole.Weight : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var (x, r) = (call.Required(0).Type, call.Required(2).Type.Shape);
        if (x.Rank != 3 || r.Rank != 3 || call.Required(1).Type.Rank != 3)
            throw new UnsupportedOperatorException(
                $"{Name} takes tensors of rank 3, and has {x.Shape}, {call.Required(1).Type.Shape} and {r}."
            );
        Directions(call);
        var first = BatchFirst(call.Attributes);
        var steps = x.Shape[first ? 1 : 0];
        var samples = x.Shape[first ? 0 : 1];
        var directions = r[0];
        var size = r[2];
        var last = x with { Shape = first ? [samples, directions, size] : [directions, samples, size] };
        var all = x with { Shape = first ? [samples, steps, directions, size] : [steps, directions, samples, size] };
        return [.. Enumerable.Repeat(last, States).Prepend(all).Take(Math.Max(1, call.OutputCount))];
    }

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        if (BatchFirst(call.Attributes))
            return [.. ToBatchFirst(b, Lower(b, ToStepFirst(b, call)))];
        var x = new Expr(b, call.Required(0));
        var shape = x.Value.Type.Shape;
        var directions = Directions(call);
        if (shape[0].Known is not { } length)
            return LowerToScan(x, call, directions);
        if (length is < 1 or > MostSteps)
            throw new UnsupportedOperatorException($"{Name} has {length} steps, and 1 to {MostSteps} are supported.");
        var masks = Masks(x, call.Input(4), length);
        var runs = Enumerable.Range(0, directions).Select(direction => Run(x, call, direction, directions, masks)).ToArray();
        var all = Concat.Of(b, [.. runs.Select(run => Stack(b, run.Outputs, 0, 1))], 1);
        var last = Enumerable
            .Range(0, States)
            .Select(state => Concat.Of(b, [.. runs.Select(run => Reshape.InsertAxis(b, run.States[state]!.Value, 0))], 0));
        return [.. last.Prepend(all).Take(call.OutputCount)];
    }

    private ImmutableArray<Value?> LowerToScan(Expr x, OperatorCall call, int directions)
    {
        var b = x.Builder;
        var runs = Enumerable.Range(0, directions).Select(direction => Sweep(x, call, direction, directions)).ToArray();
        var all = Concat.Of(b, [.. runs.Select(run => Reshape.InsertAxis(b, run[^1], 1))], 1);
        var last = Enumerable
            .Range(0, States)
            .Select(state => Concat.Of(b, [.. runs.Select(run => Reshape.InsertAxis(b, run[state], 0))], 0));
        return [.. last.Prepend(all).Take(call.OutputCount)];
    }

    /// <summary>The steps of one direction as a Scan: the last states [N, H], and the first state at all steps [T, N, H].</summary>
    private ImmutableArray<Value> Sweep(Expr x, OperatorCall call, int direction, int directions)
    {
        var (b, shape, backwards) = (x.Builder, x.Value.Type.Shape, Backwards(call, direction));
        var product = MatMul.Of(b, x, RecurrentWeights.Of(x, call, Gates, direction).W);
        var body = new GraphBuilder(b) { Origin = b.Origin };
        var input = new Expr(body, body.Parameter(product.Type with { Shape = product.Type.Shape.Remove(0) }));
        var sequences = new List<Scanned> { new(input, product, backwards) };
        var type = x.Value.Type with { Shape = [shape[1], call.Required(2).Type.Shape[2]] };
        Value[] before = [.. Enumerable.Range(0, States).Select(_ => body.Parameter(type))];
        var next = CellOf(input, call, RecurrentWeights.Of(input, call, Gates, direction), direction, directions)(
            input,
            [.. before.Select(input.With)]
        );
        var row = next[0];
        if (call.Input(4) is { } lengths)
        {
            var at = body.Parameter(lengths.Type with { Shape = TensorShape.Scalar });
            sequences.Add(
                new Scanned(at, Cast.Of(b, Structure.Range.UpTo(b, Dims.ToValue(b, shape[0]), shape[0]), lengths.Type.Element), backwards)
            );
            var reaches = Greater.Of(body, Reshape.InsertAxis(body, lengths, 1), at);
            row = Expr.Select(reaches, next[0], input.Number(0));
            next = [.. next.Select((state, index) => Expr.Select(reaches, state, input.With(before[index])))];
        }
        var states = before.Select(
            (parameter, state) =>
                new Carried(
                    parameter,
                    call.Input(InitialStates + state) is { } initial
                        ? Reshape.To(b, RecurrentWeights.Row(b, initial, direction), type.Shape)
                        : Expand.Of(b, x.Number(0), type.Shape),
                    Reshape.To(body, next[state], type.Shape)
                )
        );
        return new Iterations(
            body,
            [],
            [.. states],
            [.. sequences],
            [new Row(Reshape.To(body, row, type.Shape), backwards)],
            shape[0],
            false
        ).Build(b);
    }

    /// <summary>
    /// ONNX Runtime has no kernel for <c>layout</c> = 1, so a node of it becomes one of <c>layout</c> = 0 between transpositions.
    /// </summary>
    public override ImmutableArray<Value?>? OnLoad(GraphBuilder b, OperatorCall call)
    {
        if (!BatchFirst(call.Attributes))
            return null;
        var inner = ToStepFirst(b, call);
        return [.. ToBatchFirst(b, [.. Apply(b, inner.Inputs, inner.Attributes, Math.Max(1, inner.OutputCount)).Outputs])];
    }

    /// <summary>The attribute <c>layout</c> is of opset 14.</summary>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset)
    {
        var call = base.ToOpset(b, node, opset);
        return opset < 14 && !BatchFirst(node.Attributes) ? call with { Attributes = call.Attributes.Without("layout") } : call;
    }

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            OutputCount = Math.Max(1, call.OutputCount),
            Attributes = call.Attributes.Without("output_sequence"),
        };

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => node.Attributes.Has("layout") ? 14 : 13;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size)
    {
        var (x, r) = (node.Inputs[0]!.Type.Shape, node.Inputs[2]!.Type.Shape);
        return 2 * size(x[0]) * size(x[1]) * size(r[0] * r[1]) * (size(x[2]) + size(r[2]));
    }

    /// <summary>A clipped argument of an activation, where the call asks for it.</summary>
    private protected static Expr Clipped(OperatorCall call, Expr x)
    {
        if (!call.Attributes.Has("clip"))
            return x;
        var bound = call.Attributes.Float("clip", 0);
        return x.With(Catalogue.Get<Clip>().Apply(x.Builder, [x, x.Number(-bound), x.Number(bound)]).Output);
    }

    /// <summary>A value [N, parts * H] cut into its parts.</summary>
    private protected static Expr[] Parts(Expr x, int parts)
    {
        if (parts == 1)
            return [x];
        var each = x.Value.Type.Shape[^1].Known is { } size
            ? size / parts
            : throw new UnsupportedOperatorException("the size of a recurrent state is not known; give the sizes of symbolic dimensions.");
        return [.. Cut(x, x.Value.Type.Rank - 1, parts, each)];
    }

    private (List<Expr> Outputs, Expr?[] States) Run(Expr x, OperatorCall call, int direction, int directions, Value[]? masks)
    {
        var b = x.Builder;
        var weights = RecurrentWeights.Of(x, call, Gates, direction);
        var step = CellOf(x, call, weights, direction, directions);
        var states = new Expr?[States];
        for (var state = 0; state < States; state++)
            if (call.Input(InitialStates + state) is { } initial)
                states[state] = x.With(RecurrentWeights.Row(b, initial, direction));
        var length = (int)x.Value.Type.Shape[0].Factor;
        var all = Cut(x.With(MatMul.Of(b, x, weights.W)), 0, length, 1);
        var inputs = all.Select(input => input.With(Reshape.To(b, input, input.Value.Type.Shape.Remove(0)))).ToArray();
        var outputs = new Expr[length];
        foreach (var at in Backwards(call, direction) ? Enumerable.Range(0, length).Reverse() : Enumerable.Range(0, length))
        {
            var next = step(inputs[at], states);
            outputs[at] = next[0];
            if (masks is not null)
            {
                outputs[at] = Expr.Select(masks[at], next[0], x.Number(0));
                for (var state = 0; state < States; state++)
                    next[state] = Expr.Select(masks[at], next[state], states[state] ?? x.Number(0));
            }
            for (var state = 0; state < States; state++)
                states[state] = next[state];
        }
        return ([.. outputs], states);
    }

    /// <summary>Which samples [N, 1] reach each step; null where all reach all.</summary>
    private static Value[]? Masks(Expr x, Value? lengths, long steps)
    {
        if (lengths is null || KnownTensor.Of(lengths) is { } known && known.Integers.All(length => length == steps))
            return null;
        var b = x.Builder;
        var asColumn = Reshape.InsertAxis(b, lengths, 1);
        return [.. Enumerable.Range(0, (int)steps).Select(at => Greater.Of(b, asColumn, b.Scalar(lengths.Type.Element, at)))];
    }

    private static IReadOnlyList<Expr> Cut(Expr x, int axis, int parts, long each) =>
        parts == 1
            ? [x]
            :
            [
                .. Catalogue
                    .Get<Split>()
                    .Apply(
                        x.Builder,
                        [x],
                        Attributes.Empty.With("axis", (object)(long)axis).With("split", Enumerable.Repeat(each, parts)),
                        parts
                    )
                    .Outputs.Select(x.With),
            ];

    /// <summary>Values [N, H] with two axes of one put in, one after another along the first.</summary>
    private static Value Stack(GraphBuilder b, IEnumerable<Expr> values, int first, int second) =>
        Concat.Of(b, [.. values.Select(value => Reshape.To(b, value, value.Value.Type.Shape.Insert(first, 1).Insert(second, 1)))], first);

    private int Directions(OperatorCall call)
    {
        var directions = call.Attributes.Text("direction", "forward") switch
        {
            "forward" or "reverse" => 1,
            "bidirectional" => 2,
            var other => throw new UnsupportedOperatorException($"the direction '{other}' of {Name} is not known."),
        };
        return call.Required(2).Type.Shape[0].Known is null || call.Required(2).Type.Shape[0] == directions
            ? directions
            : throw new UnsupportedOperatorException($"the weights {call.Required(2).Type.Shape} of {Name} do not fit its direction.");
    }

    private static bool Backwards(OperatorCall call, int direction) =>
        direction == 1 || call.Attributes.Text("direction", "forward") == "reverse";

    private static bool BatchFirst(Attributes attributes) => attributes.Int("layout", 0) == 1;

    private OperatorCall ToStepFirst(GraphBuilder b, OperatorCall call)
    {
        var inputs = call.Inputs.ToBuilder();
        inputs[0] = TransposeAxes.Of(b, call.Required(0), 1, 0, 2);
        for (var index = InitialStates; index < Math.Min(inputs.Count, InitialStates + States); index++)
            inputs[index] = inputs[index] is { } initial ? TransposeAxes.Of(b, initial, 1, 0, 2) : null;
        return call with { Inputs = inputs.ToImmutable(), Attributes = call.Attributes.Without("layout") };
    }

    private static IEnumerable<Value> ToBatchFirst(GraphBuilder b, ImmutableArray<Value?> outputs) =>
        outputs.Select((output, index) => index == 0 ? TransposeAxes.Of(b, output!, 2, 0, 1, 3) : TransposeAxes.Of(b, output!, 1, 0, 2));
}
