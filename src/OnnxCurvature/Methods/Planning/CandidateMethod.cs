namespace OnnxCurvature.Methods.Planning;

/// <summary>How a way to a diagonal takes the second derivative, and where.</summary>
internal enum CandidateMethod
{
    /// <summary>A Hessian-vector product for each entry of the target: right for any graph.</summary>
    TargetProducts,

    /// <summary>Hessian-vector products for each entry of a sample at a value after the target, for all samples at once.</summary>
    CutProducts,

    /// <summary>Hessian-vector products for each entry of every sample at a value after the target, since samples are coupled.</summary>
    CoupledCutProducts,

    /// <summary>Directions of a square root of the output Hessian, for all samples at once.</summary>
    OutputRoot,

    /// <summary>Directions of a square root of the output Hessian for every sample, since samples are coupled.</summary>
    CoupledOutputRoot,

    /// <summary>Columns of a Cholesky factor of the Hessian at a narrower value before the output.</summary>
    CholeskyFactor,

    /// <summary>A product of the Jacobian for each entry of the target.</summary>
    ForwardProducts,
}

/// <summary>The names of methods in plans.</summary>
internal static class CandidateMethods
{
    /// <summary>The name of a method, for people.</summary>
    public static string Name(this CandidateMethod method) =>
        method switch
        {
            CandidateMethod.TargetProducts => "Hessian-vector products",
            CandidateMethod.CutProducts => "Hessian-vector products at a cut",
            CandidateMethod.CoupledCutProducts => "Hessian-vector products at a cut of coupled samples",
            CandidateMethod.OutputRoot => "square root of the output Hessian",
            CandidateMethod.CoupledOutputRoot => "square root of the output Hessian of coupled samples",
            CandidateMethod.CholeskyFactor => "Cholesky factor at a cut",
            CandidateMethod.ForwardProducts => "forward products",
            _ => throw new ArgumentOutOfRangeException(nameof(method), method, null),
        };
}
