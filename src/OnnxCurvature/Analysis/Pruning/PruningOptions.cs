namespace OnnxCurvature.Analysis.Pruning;

/// <summary>The groups of entries that are set to zero together.</summary>
public enum PruningStructure
{
    /// <summary>Single entries.</summary>
    Weight,

    /// <summary>All entries that make an output channel.</summary>
    OutputChannel,

    /// <summary>All entries that take an input channel.</summary>
    InputChannel,

    /// <summary>Of every M entries of an output channel that follow each other along the input channels, all but N.</summary>
    Blocks,
}

/// <summary>By which figure entries are ranked; the least go first.</summary>
public enum PruningScore
{
    /// <summary>
    /// The predicted change of the loss, ½ Hᵢᵢ wᵢ² − gᵢ wᵢ: optimal brain damage (LeCun, Denker and Solla, 1990), away from a minimum
    /// with the gradient's term.
    /// </summary>
    Curvature,

    /// <summary>½ Hᵢᵢ wᵢ² alone, as at a minimum.</summary>
    CurvatureAtMinimum,

    /// <summary>wᵢ².</summary>
    Magnitude,

    /// <summary>wᵢ² E[xᵢ²], with the mean square of the input that the entry multiplies.</summary>
    InputWeightedMagnitude,
}

/// <summary>Options of the pruning of a network: how much becomes zero, in which groups, and how it is chosen.</summary>
public sealed record PruningOptions
{
    /// <summary>The share of entries that become zero, from 0 to 1; with <see cref="PruningStructure.Blocks"/> N and M say it.</summary>
    public double Sparsity { get; init; } = 0.5;

    /// <summary>The groups of entries that become zero together.</summary>
    public PruningStructure Structure { get; init; }

    /// <summary>N, of <see cref="PruningStructure.Blocks"/>: the entries of a block that stay.</summary>
    public int Kept { get; init; } = 2;

    /// <summary>M, of <see cref="PruningStructure.Blocks"/>: the entries of a block.</summary>
    public int BlockSize { get; init; } = 4;

    /// <summary>Whether each weight gets the same sparsity; else all of them are ranked together.</summary>
    public bool PerLayer { get; init; }

    /// <summary>By which figure.</summary>
    public PruningScore Score { get; init; }

    /// <summary>Throws <see cref="UserErrorException"/> for numbers that cannot be.</summary>
    internal void Check()
    {
        DefinedValue.Check(Structure, nameof(Structure));
        DefinedValue.Check(Score, nameof(Score));
        if (!(Sparsity is >= 0 and <= 1))
            throw new UserErrorException("A sparsity is a share of the entries; give a number from 0 to 1.");
        if (Structure == PruningStructure.Blocks && !(Kept >= 1 && Kept < BlockSize))
            throw new UserErrorException($"Blocks {Kept}:{BlockSize} keep {Kept} of {BlockSize} entries; give N:M with N from 1 to M - 1.");
    }
}
