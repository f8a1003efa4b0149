using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// Dropout as it is at inference: y = x, and a mask that is true everywhere. Canonical inputs: x alone.
/// </summary>
internal sealed class Dropout : LinearOperator
{
    /// <inheritdoc/>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? ConstantRole.Forwarded : ConstantRole.Formula;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        var x = call.Required(0).Type;
        return call.OutputCount > 1 ? [x, x with { Element = ElementType.Bool }] : [x];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        node.Outputs.Length > 1 ? [inputs[0]!, Tensor.Filled(ElementType.Bool, inputs[0]!.Shape.AsSpan(), 1)] : [inputs[0]!];

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) =>
        node.Outputs.Length > 1 ? [dx[0], null] : [dx[0]];

    /// <inheritdoc/>
    protected override Value? Transpose(GraphBuilder b, Node node, ImmutableArray<Value?> cy) => cy[0];

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => node.Outputs.Length > 1 ? [.. Apply(b, [inputs[0]], node.Attributes, 2).Outputs] : [inputs[0]!];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [.. node.Outputs.Select(_ => inputs[0])];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset)
    {
        var mode = opset >= 12 ? call.Input(2) : null;
        var trains = opset < 7 ? call.Attributes.Int("is_test", 0) == 0 : mode is not null && KnownTensor.Of(mode)?.Integers[0] != 0;
        // A Dropout that drops nothing is not random.
        var ratio = opset >= 12 ? call.Input(1) : null;
        var keepsAll = opset < 12 ? call.Attributes.Float("ratio", 0.5) == 0 : ratio is not null && Scalars.Constant(ratio) == 0;
        return trains && !keepsAll
            ? throw new UnsupportedOperatorException(
                "Dropout is, or may be, in training mode, where it is random; export the model for inference.",
                new[] { mode, ratio }.FirstOrDefault(input => input is not null && KnownTensor.Of(input) is null)
            )
            : call.WithInputs(call.Input(0)) with
            {
                Attributes = Attributes.Empty,
            };
    }

    /// <inheritdoc/>
    public override ImmutableArray<Value?>? Decompose(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var y = Catalogue.Get<Identity>().Apply(b, [x]).Output;
        return call.OutputCount > 1 ? [y, Expand.Of(b, b.Scalar(ElementType.Bool, 1), x.Type.Shape)] : [y];
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override bool KeepsNumbers => true;

    /// <inheritdoc/>
    public override SquaredCoefficients? SquaredIn(Node node, int input) => input == 0 ? SquaredCoefficients.Same : null;
}
