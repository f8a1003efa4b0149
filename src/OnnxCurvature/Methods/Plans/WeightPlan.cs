using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Plans;

/// <summary>How one quantity of one target is computed, and why that is right.</summary>
/// <param name="Target">The target as it was asked for, for instance <c>conv4_3.weight[7]</c>.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Method">The method's name: <c>square root of the output Hessian</c>, <c>Hessian-vector products</c>, <c>zero</c>.</param>
/// <param name="Reason">One sentence that says why the method gives the exact result, and why no cheaper one was taken.</param>
/// <param name="Directions">The number of directions that are pushed through the network.</param>
/// <param name="ChunkSize">How many of them at a time.</param>
/// <param name="Flops">
/// Estimated floating-point operations for one batch, beside those of the loss and the gradient; a multiplication and an addition count as
/// two. Work that several quantities or targets share counts for each of them in equal parts, so that sums over methods are right.
/// </param>
/// <param name="MemoryBytes">Estimated peak of one chunk's values, in bytes.</param>
public sealed record WeightPlan(
    string Target,
    Quantity Quantity,
    string Method,
    string Reason,
    long Directions,
    int ChunkSize,
    double Flops,
    double MemoryBytes
)
{
    /// <summary>The shape of the result.</summary>
    internal TensorShape Shape { get; init; }

    /// <summary>Of what it is put together.</summary>
    internal DerivativeWay Way { get; init; }

    /// <summary>Whether all terms are squares, so that nothing cancels when they are added up.</summary>
    internal bool AddsSquares { get; init; }

    /// <summary>The ways that were weighed, the one that was taken first; empty where there was nothing to weigh.</summary>
    public ImmutableArray<CandidateReport> Candidates { get; init; } = [];

    /// <summary>The curvature sources between the target and the loss, in order: the nodes with a second derivative.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];
}
