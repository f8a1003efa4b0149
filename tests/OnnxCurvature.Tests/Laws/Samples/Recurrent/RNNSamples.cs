namespace OnnxCurvature.Tests.Laws.Samples.Recurrent;

/// <summary>Samples of RNN.</summary>
internal sealed class RNNSamples : RecurrentSamples
{
    /// <inheritdoc/>
    protected override long Gates => 1;

    /// <inheritdoc/>
    protected override int MostOutputs => 2;

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Recurrent("forward without a bias", "forward");
        yield return Recurrent("reverse, of shorter sequences, from a state", "reverse", Bias(1), Lengths(2, 3), State(1));
        yield return Recurrent(
            "both directions, with the lengths at run time",
            "bidirectional",
            Bias(2),
            Fixed(Lengths(3, 1).Value),
            State(2)
        );
        yield return Activated(
            Recurrent("two activations with parameters", "bidirectional", Bias(2), Absent, State(2)),
            ["Affine", "ScaledTanh"],
            [0.5, 0.75],
            [0.25, 1.5]
        );
        yield return Activated(Recurrent("a hard activation", "forward", Bias(1)), ["HardSigmoid"], [0.05], [0.5]);
        yield return Activated(Recurrent("softplus", "forward", Bias(1)), ["Softplus"]);
        yield return Activated(Recurrent("softsign", "forward", Bias(1)), ["Softsign"]);
        yield return Activated(Recurrent("elu and leaky", "bidirectional", Bias(2)), ["Elu", "LeakyRelu"], [0.5, 0.125]);
        yield return Recurrent("clipped", "forward", Bias(1)).With("clip", 0.75);
        yield return Recurrent("the batch axis first", "bidirectional", Bias(2)).With("layout", 1) with
        {
            NotInRuntime = "ONNX Runtime has no kernel for this layout",
        };
    }
}
