using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>y = x in another element type. Linear between floating-point types, without a derivative elsewhere.</summary>
internal sealed class Cast : LinearOperator
{
    /// <summary>x in an element type; x itself where it has it.</summary>
    public static Value Of(GraphBuilder b, Value x, ElementType element) =>
        x.Type.Element == element ? x : Catalogue.Get<Cast>().Apply(b, [x], Attributes.Empty.With("to", (long)element)).Output;

    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [call.Required(0).Type with { Element = (ElementType)call.Attributes.Int("to", 0) }];

    /// <inheritdoc/>
    public override ImmutableArray<Dim>? ContentsOf(Node node) => Contents.Same(node);

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [inputs[0]!.CastTo(node.Output.Type.Element, node.Attributes.Int("saturate", 1) != 0)];

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) =>
        active[0] && node.Output.Type.Element.IsFloat() ? Curvature.Linear : Curvature.PiecewiseConstant;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        dx[0] is { } tangent && node.Output.Type.Element.IsFloat() ? [Of(b, tangent, node.Output.Type.Element)] : [null];

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) =>
        Of(b, cy[0]!, node.Inputs[0]!.Type.Element);

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, inputs, node.Attributes).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) => inputs;

    /// <summary>
    /// Before opset 6 the type was given by its name in ONNX. The <c>round_mode</c> of opset 24 says something of float8e8m0 only, and is
    /// taken as it is by default.
    /// </summary>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        if (opset >= 6)
        {
            if (
                call.Attributes.Int("to", 0) == (long)ElementType.Float8E8M0
                && call.Attributes.Text("round_mode", "up") is not "up" and var mode
            )
                throw new UnsupportedOperatorException($"the round_mode '{mode}' is not supported; only 'up' is.");
            return call with { Attributes = call.Attributes.Without("round_mode") };
        }
        var name = call.Attributes.Text("to", "");
        var element = name.ToUpperInvariant() switch
        {
            "FLOAT" => ElementType.Float32,
            "DOUBLE" => ElementType.Float64,
            _ => Enum.TryParse<ElementType>(name, ignoreCase: true, out var found)
                ? found
                : throw new UnsupportedOperatorException($"Cast knows no type '{name}'."),
        };
        return call with { Attributes = Attributes.Empty.With("to", (long)element) };
    }

    /// <inheritdoc/>
    public override OperatorCall ToOpset(GraphBuilder b, Node node, int opset) =>
        base.ToOpset(b, node, opset) is var call && opset < 19 ? call with { Attributes = call.Attributes.Without("saturate") } : call;

    /// <inheritdoc/>
    public override bool KeepsNumbers => true;

    /// <inheritdoc/>
    public override bool SetsType => true;

    /// <inheritdoc/>
    public override int? NarrowTypesSince => 0;

    /// <inheritdoc/>
    public override string? TypeAttribute => "to";
}
