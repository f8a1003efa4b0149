using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>How much an analysis may take, and what it falls back to.</summary>
public sealed record AnalysisOptions
{
    /// <summary>
    /// The time that exact diagonals may take together, as planned beforehand; weights beyond it are estimated. Estimates and the gradient
    /// come on top, and plans say what these take.
    /// </summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Which diagonal: <see cref="Quantity.HessianDiagonal"/> or <see cref="Quantity.GgnDiagonal"/>.</summary>
    public Quantity Diagonal { get; init; } = Quantity.HessianDiagonal;

    /// <summary>The number of random directions of estimates, at least 2.</summary>
    public int Probes { get; init; } = 32;

    /// <summary>The seed of the random numbers.</summary>
    public int Seed { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/> for options that cannot be.</summary>
    internal void Check()
    {
        if (Diagonal is not (Quantity.HessianDiagonal or Quantity.GgnDiagonal))
            throw new ArgumentException($"An analysis is made of the Hessian's or the Gauss–Newton diagonal, not of {Diagonal.Name()}.");
        if (Budget < TimeSpan.Zero)
            throw new ArgumentException("A budget of time is not negative.");
        if (Probes < 2)
            throw new ArgumentException("An estimate with an error takes at least 2 probes.");
    }
}
