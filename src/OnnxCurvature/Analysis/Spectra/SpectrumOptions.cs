namespace OnnxCurvature.Analysis.Spectra;

/// <summary>Options of the spectrum of the Hessian: steps, starts, and the seed.</summary>
public sealed record SpectrumOptions
{
    /// <summary>The steps of Lanczos's recurrence from each start: Hessian-vector products.</summary>
    public int Steps { get; init; } = 40;

    /// <summary>The number of random starts, at least 2: each gives the density and the trace once.</summary>
    public int Starts { get; init; } = 4;

    /// <summary>How many of the largest and of the smallest eigenvalues are given.</summary>
    public int Extremes { get; init; } = 5;

    /// <summary>Whether each weight has a spectrum of its own, beside that of all together.</summary>
    public bool ByLayer { get; init; } = true;

    /// <summary>The seed of the random numbers.</summary>
    public int Seed { get; init; }

    /// <summary>Throws <see cref="ArgumentException"/> for numbers that cannot be.</summary>
    internal void Check()
    {
        if (Steps < 2 || Starts < 2 || Extremes < 1)
            throw new ArgumentException("A spectrum takes at least 2 steps, 2 starts and 1 extreme eigenvalue.");
    }
}
