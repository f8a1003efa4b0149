using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods.Losses;

/// <summary>
/// A square root of the Hessian of a loss in its output z, sample by sample: ∇²ℓ = weight · Σ_c s_c s_cᵀ. The columns s_c are
/// made when they are needed, a chunk at a time.
/// </summary>
public abstract class LossFactor
{
    /// <summary>The number of columns of one sample.</summary>
    public abstract long Columns { get; }

    /// <summary>What multiplies Σ s sᵀ: a scalar of z's type (1/N for a mean over N samples).</summary>
    public abstract Value Weight { get; }

    /// <summary>How the columns are made, for the plan: <c>√p_c (e_c − p)</c>.</summary>
    public abstract string Formula { get; }

    /// <summary>
    /// Columns for all samples at once, of shape [K, *z], in which sample n holds its own column.
    /// </summary>
    /// <param name="b">Where nodes are built: the body of the column loop.</param>
    /// <param name="indices">Which columns: 64-bit integers [K], all below <see cref="Columns"/>.</param>
    public abstract Value ColumnsAt(GraphBuilder b, Value indices);
}
