namespace OnnxCurvature.Methods;

/// <summary>What can be computed. The names in files and on the command line are those of <see cref="Quantities"/>.</summary>
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
}

/// <summary>Names of quantities.</summary>
public static class Quantities
{
    /// <summary>The name on the command line: <c>hessian-diagonal</c>.</summary>
    public static string Name(this Quantity quantity) => quantity switch
    {
        Quantity.Loss => "loss",
        Quantity.Gradient => "gradient",
        Quantity.HessianDiagonal => "hessian-diagonal",
        Quantity.GgnDiagonal => "ggn-diagonal",
        _ => throw new ArgumentOutOfRangeException(nameof(quantity)),
    };

    /// <summary>The name of the output: <c>loss</c>, or <c>conv4_3.weight.hessian_diagonal</c>.</summary>
    public static string OutputName(this Quantity quantity, string target) =>
        quantity == Quantity.Loss ? "loss" : $"{target}.{quantity.Name().Replace('-', '_')}";
}
