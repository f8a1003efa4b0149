using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Families;

/// <summary>
/// A window a₀ - a₁ cos(2πn/N) + a₂ cos(4πn/N) of a given size, for n = 0, 1, … . N is the size, or one less where <c>periodic</c> is 0. Of
/// type <c>output_datatype</c>, float32 by default. Input: the size.
/// </summary>
internal abstract class CosineWindow : NonDifferentiable
{
    /// <summary>a₀, a₁ and a₂.</summary>
    protected abstract (double First, double Second, double Third) Coefficients { get; }

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) =>
        [
            new TensorType(
                (ElementType)call.Attributes.Int("output_datatype", (long)ElementType.Float32),
                [(call.Sizes(0) ?? throw new UnsupportedOperatorException($"{Name} lacks its size."))[0]]
            ),
        ];

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs)
    {
        return [Window(inputs[0]!.Integers[0], node.Attributes).CastTo(node.Output.Type.Element)];
    }

    /// <summary>ONNX Runtime has the coefficients in float32.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        call.ConstantIntegers(0) is [var size]
            ? [Catalogue.Get<Identity>().Apply(b, [b.Constant(Window(size, call.Attributes))]).Output]
            : throw new UnsupportedOperatorException($"{Name} lacks its size.");

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 17;

    private Tensor Window(long size, Attributes attributes)
    {
        var period = attributes.Int("periodic", 1) != 0 ? size : size - 1;
        var (first, second, third) = Coefficients;
        var window = new double[size];
        for (var n = 0; n < size; n++)
            window[n] = first - second * Math.Cos(2 * Math.PI * n / period) + third * Math.Cos(4 * Math.PI * n / period);
        return Tensor.Of([size], window);
    }

    /// <inheritdoc/>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        attributes.WithDefault("output_datatype", (long)ElementType.Float32);
}
