using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// An operator that is defined by others. For differentiation it is lowered to them; the forward node stays as it is.
/// </summary>
internal abstract class CompositeOperator : Operator
{
    /// <summary>The lowerings of nodes that were looked at: a plan of many weights asks for each many times.</summary>
    private static readonly ConditionalWeakTable<Node, Lowering> Known = [];

    private sealed record Lowering(ImmutableArray<Value?> Outputs, ImmutableArray<Node> Nodes);

    /// <summary>
    /// The outputs of the node, computed from its inputs by other operators; null for an output that cannot be differentiated.
    /// </summary>
    protected abstract ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call);

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call) => Lower(b, call);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [
            .. Lower(Scratch(call), call)
                .Select(output =>
                    output?.Type ?? throw new UnsupportedOperatorException($"the type of an output of {Name} cannot be inferred.")
                ),
        ];

    /// <summary>
    /// The lowering is tried. One that is refused for what it does not support, as a size that is not known, is refused again only where it
    /// is needed.
    /// </summary>
    public override void CheckForm(OperatorCall call)
    {
        try
        {
            Lower(Scratch(call), call);
        }
        catch (UnsupportedOperatorException)
        {
            // The node may be run all the same.
        }
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        // With constants for inputs nothing is symbolic, and what a lowering reads from an input is there.
        var b = new GraphBuilder(new WorkBudget(new WorkLimits()));
        var outputs = Lower(b, Call(node) with { Inputs = [.. inputs.Select(tensor => tensor is null ? null : b.Constant(tensor))] });
        var values = new Dictionary<Value, Tensor>();
        Interpreter.Run(GraphWalk.Ancestors(outputs!), values);
        return [.. outputs.Select(output => Interpreter.Read(output!, values))];
    }

    /// <summary>
    /// The outputs of a node by other operators, and the nodes that make them from its inputs, for those who only look at them.
    /// </summary>
    public (ImmutableArray<Value?> Outputs, ImmutableArray<Node> Nodes) Lowered(Node node)
    {
        var (outputs, nodes) = Known.GetValue(
            node,
            _ =>
            {
                var lowered = Lower(Scratch(Call(node)), Call(node));
                return new Lowering(lowered, Inside(node, lowered));
            }
        );
        return (outputs, nodes);
    }

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active)
    {
        var values = new HashSet<Value>(node.Inputs.Where((_, index) => active[index])!);
        var (outputs, nodes) = Lowered(node);
        var found = CurvatureAnalysis.Run(nodes, values);
        // A way that ends before the outputs, in a rounding, say, does not count.
        var reaching = new HashSet<Value>(outputs.Where(output => output is not null && values.Contains(output))!);
        var curvature = Curvature.PiecewiseConstant;
        foreach (var (inside, kind) in found.Reverse())
            if (kind != Curvature.PiecewiseConstant && inside.Outputs.Any(reaching.Contains))
            {
                curvature = kind > curvature ? kind : curvature;
                reaching.UnionWith(inside.Inputs.Where(input => input is not null)!);
            }
        // A node that is linear at indices that jump is so on pieces only.
        return curvature == Curvature.Linear && found.Any(entry => entry.Curvature == Curvature.PiecewiseConstant)
            ? Curvature.PiecewiseLinear
            : curvature;
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx)
    {
        var outputs = Lower(b, Call(node));
        var tangents = new Dictionary<Value, Value>();
        for (var index = 0; index < dx.Length; index++)
            if (dx[index] is { } tangent)
                tangents[node.Inputs[index]!] = tangent;
        var refusals = new List<UnsupportedNode>();
        Pushforward.Run(b, Inside(node, outputs), tangents, refusals, []);
        if (refusals.Count > 0)
            throw new UnsupportedOperatorException(refusals[0].Reason);
        return [.. outputs.Select(output => output is not null && tangents.TryGetValue(output, out var tangent) ? tangent : null)];
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
        var outputs = Lower(b, Call(node));
        var values = new Dictionary<Value, Value>();
        for (var index = 0; index < inputs.Length; index++)
            if (batched[index])
                values[node.Inputs[index]!] = inputs[index]!;
        Batching.Run(b, Inside(node, outputs), values, directions);
        return
        [
            .. outputs.Select(output =>
                values.GetValueOrDefault(output!) ?? Expand.Of(b, Reshape.InsertAxis(b, output!, 0), output!.Type.Shape.Prepend(directions))
            ),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs)
    {
        var (outputs, nodes) = Lowered(node);
        var axes = new Dictionary<Value, SampleLayout>();
        for (var index = 0; index < inputs.Length; index++)
            if (!inputs[index].IsNone)
                axes[node.Inputs[index]!] = inputs[index];
        SampleAnalysis.Run(nodes, axes);
        return [.. outputs.Select(output => output is not null && axes.TryGetValue(output, out var axis) ? axis : SampleLayout.None)];
    }

    /// <summary>Whether the operator is newer than all opsets that are written, so that files hold what it is lowered to.</summary>
    protected virtual bool IsNewerThanFiles => false;

    /// <inheritdoc/>
    public override ImmutableArray<Value>? ForOlderOpsets(GraphBuilder b, Node node) =>
        IsNewerThanFiles ? [.. Lower(b, Call(node))!] : null;

    /// <summary>Whether ONNX Runtime has a float64 kernel, as exact as what the operator is lowered to.</summary>
    protected virtual bool HasFloat64Kernel => false;

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        HasFloat64Kernel ? null : Lower(b, call);

    /// <summary>A builder for nodes that are only looked at. It knows the symbols of the inputs' shapes.</summary>
    private static GraphBuilder Scratch(OperatorCall call)
    {
        var b = new GraphBuilder(
            call.Inputs.FirstOrDefault(input => input?.Producer is not null)?.Producer!.Scope.Budget ?? new WorkBudget(new WorkLimits())
        );
        foreach (var symbol in call.Inputs.SelectMany(input => input?.Type.Shape.SelectMany(dim => dim.Symbols) ?? []).Distinct())
            b.Parameter(new TensorType(ElementType.Float32, [Dim.Of(symbol)]));
        return b;
    }

    private OperatorCall Call(Node node) => new(Name, Domain, node.Inputs, node.Attributes, node.Outputs.Length);

    /// <summary>
    /// The nodes that were built for the outputs. A lowering may ask an output of the node itself for the size of a symbol.
    /// </summary>
    private static ImmutableArray<Node> Inside(Node node, ImmutableArray<Value?> outputs) =>
        GraphWalk.Ancestors(
            outputs.Where(output => output is not null)!,
            node.Inputs.Where(input => input is not null).Concat(node.Outputs).ToHashSet()!
        );
}
