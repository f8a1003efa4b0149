using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// A square root of the Hessian of a loss in its output z, sample by sample: ∇²ℓ = weight · Σ_c s_c s_cᵀ. The directions s_c are
/// made when they are needed, a chunk at a time. Every method takes where the samples lie in z; where they are not distinguished, all of z
/// is one sample. Diagonals from such square roots are those of Dangel, Kunstner and Hennig (2020, BackPACK).
/// </summary>
internal abstract class OutputHessianRoot
{
    /// <summary>The number of directions of one sample.</summary>
    public abstract Dim Directions(SampleLayout samples);

    /// <summary>The factor of Σ s sᵀ: a scalar of z's type (1/N for a mean over N terms).</summary>
    public abstract Value Weight { get; }

    /// <summary>How the directions are made, for the plan: <c>√p_c (e_c − p)</c>.</summary>
    public abstract string Formula { get; }

    /// <summary>
    /// Directions for all samples at once, of shape [K, *z], in which each sample holds its own direction at its own place and nothing
    /// else.
    /// </summary>
    /// <param name="outer">Where nodes are built that are the same for all directions.</param>
    /// <param name="b">Where all others are built: the body of the direction loop.</param>
    /// <param name="indices">Which directions: 64-bit integers [K], all below <see cref="Directions"/>.</param>
    /// <param name="samples">Where the samples lie in z; not along an axis over which the loss takes all entries together.</param>
    public abstract Value DirectionsAt(GraphBuilder outer, GraphBuilder b, Value indices, SampleLayout samples);

    /// <summary>
    /// s_cᵀ t of tangents t, [K, *z], for all directions of all terms of the loss at once: [K, *z], with that of a direction at the entry
    /// or class that it is of. So tᵀ ∇²ℓ t is the weight times the sum of their squares, between which nothing cancels.
    /// </summary>
    /// <param name="outer">Where nodes are built that are the same for all tangents.</param>
    /// <param name="b">Where all others are built: the body of the direction loop.</param>
    /// <param name="tangents">The tangents of z, [K, *z].</param>
    public abstract Value Project(GraphBuilder outer, GraphBuilder b, Value tangents);
}
