namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// The quantities that can be computed. The names in files and on the command line are those of <see cref="Quantities"/>. L is the loss, ℓₙ
/// what sample n adds to it (N times that for a mean over N samples), z the value that the loss is taken of, w the target.
/// </summary>
public enum Quantity
{
    /// <summary>The loss, a scalar.</summary>
    Loss,

    /// <summary>∂L/∂w, of w's shape.</summary>
    Gradient,

    /// <summary>∂²L/∂wᵢ², of w's shape; exact.</summary>
    HessianDiagonal,

    /// <summary>The diagonal of the generalized Gauss–Newton matrix Jᵀ(∇²L)J, of w's shape; exact.</summary>
    GgnDiagonal,

    /// <summary>
    /// The diagonal of the empirical Fisher matrix: the mean, or the sum, over samples of (∂ℓₙ/∂wᵢ)², of w's shape; exact.
    /// </summary>
    FisherDiagonal,

    /// <summary>
    /// The same with targets sampled from the model's own distribution: an estimate of the diagonal of the Fisher matrix, of w's shape.
    /// </summary>
    FisherDiagonalMonteCarlo,

    /// <summary>∂ℓₙ/∂w, [N, *w].</summary>
    PerSampleGradient,

    /// <summary>∂²ℓₙ/∂wᵢ², [N, *w]; exact.</summary>
    PerSampleHessianDiagonal,

    /// <summary>The diagonal of the generalized Gauss–Newton matrix of each ℓₙ, [N, *w]; exact.</summary>
    PerSampleGgnDiagonal,

    /// <summary>(∂ℓₙ/∂wᵢ)², [N, *w].</summary>
    PerSampleFisherDiagonal,

    /// <summary>∇²L v for the input <c>NAME.direction</c>, of w's shape.</summary>
    Hvp,

    /// <summary>J v for the input <c>NAME.direction</c>, of z's shape.</summary>
    Jvp,

    /// <summary>Jᵀ u for the input <c>NAME.cotangent</c>, of w's shape.</summary>
    Vjp,

    /// <summary>∂z/∂w, sample by sample: z's shape, and w's after it.</summary>
    Jacobian,

    /// <summary>The block ∇²L of w, of w's shape twice; for inputs sample by sample.</summary>
    Hessian,

    /// <summary>
    /// The block ∂²L/∂u∂w of every two targets, of their shapes one after the other; for inputs sample by sample. Results are named by both
    /// targets, as <c>w,b</c>.
    /// </summary>
    CrossHessian,

    /// <summary>The trace of the block of one target: a scalar, for inputs one number for each sample.</summary>
    Laplacian,

    /// <summary>
    /// The derivative of the sum of the gradient's entries, which is the sum of each row of ∇²L and not its diagonal; of w's shape.
    /// </summary>
    GradientOfGradient,

    /// <summary>An estimate of <see cref="HessianDiagonal"/>. Results only.</summary>
    HessianDiagonalEstimate,

    /// <summary>The standard error of <see cref="HessianDiagonalEstimate"/>. Results only.</summary>
    HessianDiagonalStandardError,

    /// <summary>An estimate of <see cref="GgnDiagonal"/>. Results only.</summary>
    GgnDiagonalEstimate,

    /// <summary>The standard error of <see cref="GgnDiagonalEstimate"/>. Results only.</summary>
    GgnDiagonalStandardError,

    /// <summary>An estimate of the diagonal of the Fisher matrix. Results only.</summary>
    FisherDiagonalEstimate,

    /// <summary>The standard error of <see cref="FisherDiagonalEstimate"/>. Results only.</summary>
    FisherDiagonalStandardError,

    /// <summary>A lower bound of <see cref="HessianDiagonal"/>. Results only.</summary>
    HessianDiagonalLowerBound,

    /// <summary>A lower bound of <see cref="GgnDiagonal"/>. Results only.</summary>
    GgnDiagonalLowerBound,
}

/// <summary>Names of quantities.</summary>
internal static class Quantities
{
    /// <summary>The quantities that can be asked for; the others name results of estimates.</summary>
    public static IEnumerable<Quantity> All => Enum.GetValues<Quantity>().Where(quantity => quantity < Quantity.HessianDiagonalEstimate);

    /// <summary>The name on the command line: <c>hessian-diagonal</c>.</summary>
    public static string Name(this Quantity quantity) =>
        quantity switch
        {
            Quantity.Loss => "loss",
            Quantity.Gradient => "gradient",
            Quantity.HessianDiagonal => "hessian-diagonal",
            Quantity.GgnDiagonal => "ggn-diagonal",
            Quantity.FisherDiagonal => "fisher-diagonal",
            Quantity.FisherDiagonalMonteCarlo => "fisher-diagonal-mc",
            Quantity.PerSampleGradient => "per-sample-gradient",
            Quantity.PerSampleHessianDiagonal => "per-sample-hessian-diagonal",
            Quantity.PerSampleGgnDiagonal => "per-sample-ggn-diagonal",
            Quantity.PerSampleFisherDiagonal => "per-sample-fisher-diagonal",
            Quantity.Hvp => "hvp",
            Quantity.Jvp => "jvp",
            Quantity.Vjp => "vjp",
            Quantity.Jacobian => "jacobian",
            Quantity.Hessian => "hessian",
            Quantity.CrossHessian => "cross-hessian",
            Quantity.Laplacian => "laplacian",
            Quantity.GradientOfGradient => "gradient-of-gradient",
            Quantity.HessianDiagonalEstimate => "hessian-diagonal-estimate",
            Quantity.HessianDiagonalStandardError => "hessian-diagonal-standard-error",
            Quantity.GgnDiagonalEstimate => "ggn-diagonal-estimate",
            Quantity.GgnDiagonalStandardError => "ggn-diagonal-standard-error",
            Quantity.FisherDiagonalEstimate => "fisher-diagonal-estimate",
            Quantity.FisherDiagonalStandardError => "fisher-diagonal-standard-error",
            Quantity.HessianDiagonalLowerBound => "hessian-diagonal-lower-bound",
            Quantity.GgnDiagonalLowerBound => "ggn-diagonal-lower-bound",
            _ => throw new ArgumentOutOfRangeException(nameof(quantity)),
        };

    /// <summary>The name of the output: <c>loss</c>, or <c>conv4_3.weight.hessian_diagonal</c>.</summary>
    public static string OutputName(this Quantity quantity, string target) =>
        quantity == Quantity.Loss ? "loss" : $"{target}.{quantity.Name().Replace('-', '_')}";

    /// <summary>The target and the quantity of an output's name, as <see cref="OutputName"/> gives it; null for another name.</summary>
    public static (string Target, Quantity Quantity)? OfOutput(string name)
    {
        foreach (var quantity in Enum.GetValues<Quantity>())
            if (quantity.OutputName("") is var suffix && name == suffix && quantity == Quantity.Loss)
                return ("", quantity);
            else if (quantity != Quantity.Loss && name.EndsWith(suffix, StringComparison.Ordinal))
                return (name[..^suffix.Length], quantity);
        return null;
    }

    /// <summary>Whether results are estimates.</summary>
    public static bool IsEstimate(this Quantity quantity) =>
        quantity is Quantity.HessianDiagonalEstimate or Quantity.GgnDiagonalEstimate or Quantity.FisherDiagonalEstimate;

    /// <summary>The estimate of which a quantity is the standard error; null for other quantities.</summary>
    public static Quantity? EstimateOfError(this Quantity quantity) =>
        quantity switch
        {
            Quantity.HessianDiagonalStandardError => Quantity.HessianDiagonalEstimate,
            Quantity.GgnDiagonalStandardError => Quantity.GgnDiagonalEstimate,
            Quantity.FisherDiagonalStandardError => Quantity.FisherDiagonalEstimate,
            _ => null,
        };

    /// <summary>Whether results are bounds, or bound the errors of others.</summary>
    public static bool IsBound(this Quantity quantity) =>
        quantity is Quantity.HessianDiagonalLowerBound or Quantity.GgnDiagonalLowerBound || quantity.EstimateOfError() is not null;

    /// <summary>Whether the first axis of results is that of the samples, whatever the target.</summary>
    public static bool IsPerSample(this Quantity quantity) =>
        quantity
            is Quantity.PerSampleGradient
                or Quantity.PerSampleHessianDiagonal
                or Quantity.PerSampleGgnDiagonal
                or Quantity.PerSampleFisherDiagonal
                or Quantity.Jvp
                or Quantity.Jacobian;

    /// <summary>Whether results are of two targets.</summary>
    public static bool IsOfPairs(this Quantity quantity) => quantity == Quantity.CrossHessian;

    /// <summary>Whether it is a derivative of the loss's output z, and not of the loss.</summary>
    public static bool IsOfOutput(this Quantity quantity) => quantity is Quantity.Jvp or Quantity.Vjp or Quantity.Jacobian;

    /// <summary>Whether results have nothing to do with how losses of samples become one, so that batches are not weighed.</summary>
    public static bool IsUnweighted(this Quantity quantity) => quantity.IsPerSample() || quantity == Quantity.Vjp;
}
