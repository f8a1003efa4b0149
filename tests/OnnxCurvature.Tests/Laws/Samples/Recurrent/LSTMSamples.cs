namespace OnnxCurvature.Tests.Laws.Samples.Recurrent;

/// <summary>Samples of LSTM.</summary>
internal sealed class LSTMSamples : RecurrentSamples
{
    /// <inheritdoc/>
    protected override long Gates => 4;

    /// <inheritdoc/>
    protected override int MostOutputs => 3;

    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Recurrent("forward without a bias", "forward");
        yield return Recurrent("from states", "forward", Bias(1), Absent, State(1), State(1));
        yield return Recurrent(
            "peepholes, reverse, of shorter sequences",
            "reverse",
            Bias(1),
            Lengths(2, 3),
            State(1),
            State(1),
            Any(1, 6)
        );
        yield return Recurrent(
            "peepholes in both directions, with the lengths at run time",
            "bidirectional",
            Bias(2),
            Fixed(Lengths(3, 1).Value),
            Absent,
            Absent,
            Any(2, 6)
        );
        yield return Recurrent("input and forget gates coupled", "forward", Bias(1), Absent, State(1), State(1)).With("input_forget", 1);
        yield return Activated(
            Recurrent("activations with parameters", "bidirectional", Bias(2), Absent, State(2), State(2)),
            ["Sigmoid", "ScaledTanh", "Softsign", "HardSigmoid", "Affine", "Elu"],
            [0.75, 0.05, 0.5, 0.5],
            [1.5, 0.5, 0.25]
        );
        yield return Recurrent("clipped", "forward", Bias(1), Absent, State(1), State(1), Any(1, 6)).With("clip", 0.75);
        yield return Recurrent("the batch axis first", "bidirectional", Bias(2)).With("layout", 1) with
        {
            NotInRuntime = "ONNX Runtime has no kernel for this layout",
        };
    }
}
