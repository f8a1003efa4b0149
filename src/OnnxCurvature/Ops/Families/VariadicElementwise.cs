using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;

namespace OnnxCurvature.Ops.Families;

/// <summary>y = φ(x₀, x₁, …), element by element under broadcasting, for any number of inputs of one type.</summary>
internal abstract class VariadicElementwise : Operator
{
    /// <summary>φ at one element of each input.</summary>
    protected abstract double Function(ReadOnlySpan<double> elements);

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => [Broadcasting.Common(call)];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        var shape = inputs.Aggregate(TensorShape.Scalar, (common, input) => TensorShape.Broadcast(common, input!.Type.Shape)!.Value).Sizes;
        var positions = inputs.Select(input => Broadcasting.Positions(input!.Shape.AsSpan(), shape)).ToArray();
        var elements = new double[inputs.Length];
        var values = new double[positions[0].Length];
        for (var i = 0; i < values.Length; i++)
        {
            for (var k = 0; k < elements.Length; k++)
                elements[k] = inputs[k]!.At(positions[k][i]);
            values[i] = Function(elements);
        }
        var element = node.Output.Type.Element;
        return
        [
            element.IsFloat()
                ? Tensor.Of(element, shape, values)
                : Tensor.Of(element, shape, Array.ConvertAll(values, value => (long)value)),
        ];
    }

    /// <inheritdoc/>
    public override bool IsElementwise(Node node, int input) => true;

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => [Apply(b, Broadcasting.Align(b, node, inputs, batched)).Output];

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [Broadcasting.Samples(node, inputs)];

    /// <inheritdoc/>
    public override OperatorCall FromOpset(GraphBuilder b, OperatorCall call, int opset) =>
        call with
        {
            Attributes = call.Attributes.Without("consumed_inputs"),
        };

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => node.Inputs.Length * base.Flops(node, size);

    /// <inheritdoc/>
    public override Value InFloat32(GraphBuilder b, OperatorCall call) => SameInFloat32(b, call);
}
