namespace OnnxCurvature.Analysis.Laplace;

/// <summary>How a posterior of the weights is made of their curvature.</summary>
public sealed record LaplaceOptions
{
    /// <summary>The precision τ of the prior N(0, 1/τ) of every entry; null for the one of the largest marginal likelihood.</summary>
    public double? PriorPrecision { get; init; }

    /// <summary>Throws <see cref="UserErrorException"/> for a precision that is none.</summary>
    internal void Check()
    {
        if (PriorPrecision is { } prior && !(prior > 0 && double.IsFinite(prior)))
            throw new UserErrorException("A prior precision is a number above 0.");
    }
}
