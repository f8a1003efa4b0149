namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of FusedConv.</summary>
internal sealed class FusedConvSamples : MicrosoftSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("no activation", Any(1, 2, 5), Any(2, 2, 3), Any(2));
        yield return Sample("logistic, with padding", Any(1, 2, 4, 4), Any(2, 2, 3, 3), Any(2))
            .With("activation", "Sigmoid")
            .With("pads", [1, 1, 1, 1]);
        yield return Sample("leaky, and a sum", Between(1, 2, 1, 2, 4, 4), Positive(2, 2, 2, 2), Absent, Positive(1, 2, 3, 3))
            .With("activation", "LeakyRelu")
            is var leaky
            ? leaky with
            {
                Attributes = leaky.Attributes.With("activation_params", (object)System.Collections.Immutable.ImmutableArray.Create(0.125)),
            }
            : leaky;
        yield return Sample("automatic padding and groups", Any(1, 4, 4, 4), Any(2, 2, 3, 3))
            .With("activation", "Tanh")
            .With("auto_pad", "SAME_UPPER")
            .With("group", 2);
    }
}
