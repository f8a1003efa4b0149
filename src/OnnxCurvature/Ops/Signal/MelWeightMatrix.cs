using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Signal;

/// <summary>
/// Triangles on the mel scale over the frequencies of a spectrum, one for each column: [length / 2 + 1, bins], of type
/// <c>output_datatype</c>, float32 by default. Inputs: bins, the length of the transform, the sample rate, the lowest and the highest
/// frequency in Hz.
/// </summary>
internal sealed class MelWeightMatrix : NonDifferentiable
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call)
    {
        if (call.ConstantIntegers(0) is not [var bins] || call.ConstantIntegers(1) is not [var length])
            throw new UnsupportedOperatorException("MelWeightMatrix needs the number of bins and the length of the transform.");
        return [new TensorType((ElementType)call.Attributes.Int("output_datatype", (long)ElementType.Float32), [length / 2 + 1, bins])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) =>
        [Weights(inputs).CastTo(node.Output.Type.Element)];

    private static Tensor Weights(ImmutableArray<Tensor?> inputs)
    {
        var (bins, length, rate) = (inputs[0]!.Integers[0], inputs[1]!.Integers[0], inputs[2]!.Integers[0]);
        var (low, high) = (Mel(inputs[3]!.At(0)), Mel(inputs[4]!.At(0)));
        var edges = new long[bins + 2];
        for (var i = 0; i < edges.Length; i++)
            edges[i] = (long)Math.Floor((length + 1) * Hertz(low + i * (high - low) / edges.Length) / rate);
        var weights = Tensor.Filled(ElementType.Float64, [length / 2 + 1, bins], 0);
        for (var bin = 0; bin < bins; bin++)
        {
            var (start, center, end) = (edges[bin], edges[bin + 1], edges[bin + 2]);
            // A triangle without a rising edge has its summit all the same.
            if (start == center)
                weights.Floats[center * bins + bin] = 1;
            for (var j = start; j <= center && start < center; j++)
                weights.Floats[j * bins + bin] = (double)(j - start) / (center - start);
            for (var j = center; j < end; j++)
                weights.Floats[j * bins + bin] = (double)(end - j) / (end - center);
        }
        return weights;
    }

    /// <summary>ONNX Runtime takes frequencies in float32 only.</summary>
    public override ImmutableArray<Value?>? InFloat64(GraphBuilder b, OperatorCall call, ImmutableArray<TensorType> types) =>
        call.Inputs.All(input => input?.Constant is not null)
            ?
            [
                Catalogue
                    .Get<Identity>()
                    .Apply(b, [b.Constant(Weights([.. call.Inputs.Select(input => input?.CompileIn())]).CastTo(types[0].Element))])
                    .Output,
            ]
            : throw new UnsupportedOperatorException(
                "the frequencies of MelWeightMatrix are computed at run time, and only constants are supported there."
            );

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 17;

    private static double Mel(double hertz) => 2595 * Math.Log10(1 + hertz / 700);

    private static double Hertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);

    /// <inheritdoc/>
    public override Attributes WithDefaults(Attributes attributes, int outputs, ReadPrecision precision) =>
        attributes.WithDefault("output_datatype", (long)ElementType.Float32);
}
