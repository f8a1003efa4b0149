using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Recurrent;

/// <summary>The common part of samples of recurrent operators: sequences of three steps, two samples, two inputs and two states.</summary>
internal abstract class RecurrentSamples : OperatorSamples
{
    private const long Steps = 3,
        Samples = 2,
        Size = 2;

    /// <summary>The number of gates.</summary>
    protected abstract long Gates { get; }

    /// <summary>Outputs: those of all steps, and the last of each state.</summary>
    protected abstract int MostOutputs { get; }

    /// <summary>A sample of <c>hidden_size</c> 2 with inputs after the weights.</summary>
    protected OperatorSample Recurrent(string name, string direction, params SampleInput[] more)
    {
        var directions = direction == "bidirectional" ? 2 : 1;
        var sample = Sample(
                name,
                [Any(Steps, Samples, Size), Any(directions, Gates * Size, Size), Any(directions, Gates * Size, Size), .. more]
            )
            .With("hidden_size", Size);
        return Options(direction == "forward" ? sample : sample.With("direction", direction));
    }

    /// <summary>A bias, from small numbers.</summary>
    protected Tensor Bias(long directions) => Any(directions, 2 * Gates * Size);

    /// <summary>An initial state.</summary>
    protected Tensor State(long directions) => Any(directions, Samples, Size);

    /// <summary>The lengths of the two sequences.</summary>
    protected static SampleInput Lengths(long first, long second) => Constant(Tensor.Of(ElementType.Int32, [2], new[] { first, second }));

    /// <summary>A sample with activations.</summary>
    protected static OperatorSample Activated(OperatorSample sample, string[] names, double[]? alpha = null, double[]? beta = null)
    {
        var attributes = sample.Attributes.With("activations", (object)names.ToImmutableArray());
        if (alpha is not null)
            attributes = attributes.With("activation_alpha", (object)alpha.ToImmutableArray());
        if (beta is not null)
            attributes = attributes.With("activation_beta", (object)beta.ToImmutableArray());
        return sample with { Attributes = attributes };
    }

    private OperatorSample Options(OperatorSample sample) => sample with { Outputs = MostOutputs };
}
