namespace OnnxCurvature.Analysis.Importance;

/// <summary>Which Fisher matrix the importance is the diagonal of.</summary>
public enum FisherKind
{
    /// <summary>That of the labels in the data: the mean of the squares of the gradients of samples; exact.</summary>
    Empirical,

    /// <summary>That of labels sampled from the model's own distribution: an estimate, with a standard error for each entry.</summary>
    Sampled,
}

/// <summary>How the importance of weights is computed.</summary>
public sealed record ImportanceOptions
{
    /// <summary>Which Fisher matrix.</summary>
    public FisherKind Kind { get; init; }

    /// <summary>The labels that are sampled for each sample, at least 2.</summary>
    public int Probes { get; init; } = 32;

    /// <summary>The seed of the random numbers.</summary>
    public int Seed { get; init; }
}
