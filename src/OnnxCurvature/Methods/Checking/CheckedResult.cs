using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Checking;

/// <summary>A result of a run and how its entries follow from <see cref="DirectionalDerivatives"/>.</summary>
/// <param name="Target">By what it is taken.</param>
/// <param name="Quantity">What it is.</param>
/// <param name="Samples">How the samples lie in the target.</param>
/// <param name="InRows">Whether the samples are the rows of the loss's output, along its first axis.</param>
internal sealed record CheckedResult(Target Target, Quantity Quantity, SampleLayout Samples, bool InRows)
{
    /// <summary>Its name in the result.</summary>
    public string Name => Quantity.OutputName(Target.Name);

    /// <summary>Which directional derivatives it takes.</summary>
    public CheckedDerivatives Needs => Quantity switch
    {
        Quantity.Gradient or Quantity.FisherDiagonal => CheckedDerivatives.First,
        Quantity.PerSampleGradient or Quantity.PerSampleFisherDiagonal => CheckedDerivatives.First,
        Quantity.HessianDiagonal or Quantity.PerSampleHessianDiagonal => CheckedDerivatives.Second,
        Quantity.Hessian or Quantity.Hvp or Quantity.GradientOfGradient => CheckedDerivatives.Second | CheckedDerivatives.Pairs,
        Quantity.GgnDiagonal or Quantity.PerSampleGgnDiagonal => CheckedDerivatives.GaussNewton,
        Quantity.Jacobian or Quantity.Jvp or Quantity.Vjp => CheckedDerivatives.Image,
        _ => CheckedDerivatives.None,
    };

    /// <summary>Whether an input is its direction or cotangent.</summary>
    public bool Takes(string input) => input == $"{Target.Name}.direction" || input == $"{Target.Name}.cotangent";

    /// <summary>Why it cannot be checked; null where it can.</summary>
    public string? Obstacle =>
        Quantity == Quantity.FisherDiagonalMonteCarlo ? "it is an estimate"
        : Quantity == Quantity.Laplacian ? "a trace takes a direction for every entry"
        : !InRows && TakesRows ? "samples do not lie along the first axis of the loss's output"
        : Samples.IsSeparate && !Samples.IsWhole ? "its samples share an axis with something else"
        : Samples.IsSeparate && Samples.Axis != 0 && Target.IsPart
            ? "it is a part of a value whose samples lie along another axis than the first"
        : null;

    /// <summary>Whether rows of the loss's output are taken for samples.</summary>
    private bool TakesRows => Quantity is Quantity.FisherDiagonal or Quantity.PerSampleGradient or Quantity.PerSampleFisherDiagonal
        or Quantity.PerSampleHessianDiagonal or Quantity.PerSampleGgnDiagonal || Quantity == Quantity.Jacobian && Samples.IsSeparate;

    /// <summary>Whether entries have a second index or direction, so that each takes a pair of directions of its own.</summary>
    public bool TakesPairs => Needs.HasFlag(CheckedDerivatives.Pairs) || Quantity == Quantity.Jvp;
}
