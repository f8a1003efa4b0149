using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Losses;

/// <summary>The terms of a cross-entropy: each row n of its labels adds −Σ_c a[n, c] log p[n, c].</summary>
/// <param name="Coefficients">a, of the shape of the logits.</param>
internal sealed record ClassTerms(Value Coefficients)
{
    /// <summary>
    /// Σ_c a[n, c] for every row, of the shape of the terms: what the Hessian of a row is weighted by. Null where all are 1.
    /// </summary>
    public Value? RowWeights { get; init; }

    /// <summary>
    /// 1 for every row that counts and 0 for one whose label is ignored, of the shape of the terms; null where all count.
    /// </summary>
    public Value? Counted { get; init; }

    /// <summary>
    /// The number of samples that the mean is over, where that is known of all batches together; else null. The loss is then a sum over
    /// batches, since it divides by what all labels weigh.
    /// </summary>
    public long? Samples { get; init; }

    /// <summary>Why the loss is not the negative logarithm of a distribution of labels, as a clause; null where it is.</summary>
    public string? NoLikelihood { get; init; }
}
