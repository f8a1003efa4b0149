namespace OnnxCurvature.Tests.Laws.Samples.Recurrent;

/// <summary>Samples of GRU.</summary>
internal sealed class GRUSamples : RecurrentSamples
{
    /// <inheritdoc/>
    protected override long Gates => 3;

    /// <inheritdoc/>
    protected override int MostOutputs => 2;

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Recurrent("forward without a bias", "forward");
        yield return Recurrent("reset before the product", "forward", Bias(1), Absent, State(1));
        yield return Recurrent("reset after the product", "forward", Bias(1), Absent, State(1)).With("linear_before_reset", 1);
        yield return Recurrent("reset after the product, from zero", "forward", Bias(1)).With("linear_before_reset", 1);
        yield return Recurrent("reverse, of shorter sequences", "reverse", Bias(1), Lengths(2, 3), State(1));
        yield return Recurrent("both directions, with the lengths at run time", "bidirectional", Bias(2), Fixed(Lengths(3, 1).Value));
        yield return Activated(
            Recurrent("activations with parameters", "bidirectional", Bias(2), Absent, State(2)),
            ["Sigmoid", "ScaledTanh", "HardSigmoid", "Affine"],
            [0.75, 0.05, 0.5],
            [1.5, 0.5, 0.25]
        );
        yield return Recurrent("clipped", "forward", Bias(1)).With("clip", 0.75);
        yield return Recurrent("the batch axis first", "bidirectional", Bias(2), Absent, Any(3, 2, 2)).With("layout", 1) with
        {
            NotInRuntime = "ONNX Runtime has no kernel for this layout",
        };
    }
}
