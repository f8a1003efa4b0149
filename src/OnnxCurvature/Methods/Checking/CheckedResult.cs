using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Checking;

/// <summary>A result of a run and how its entries follow from <see cref="DirectionalDerivatives"/>.</summary>
/// <param name="Target">By what it is taken.</param>
/// <param name="Quantity">The quantity.</param>
/// <param name="Samples">Where the samples lie in the target.</param>
/// <param name="Output">Where they lie in z; none where they are not distinguished.</param>
internal sealed record CheckedResult(Target Target, Quantity Quantity, SampleLayout Samples, SampleLayout Output)
{
    /// <summary>The target of the columns, and where the samples lie in it, of a block of two targets; else null.</summary>
    public (Target Target, SampleLayout Samples)? Second { get; init; }

    /// <summary>Its name in the result.</summary>
    public string Name => Quantity.OutputName(Second is { } second ? new TargetPair(Target, second.Target).Name : Target.Name);

    /// <summary>The values that it is a derivative by.</summary>
    public IEnumerable<Value> Values => Second is { } second ? [Target.Value, second.Target.Value] : [Target.Value];

    /// <summary>Which directional derivatives it takes.</summary>
    public CheckedDerivatives Needs =>
        Quantity switch
        {
            Quantity.Gradient => CheckedDerivatives.First,
            Quantity.FisherDiagonal or Quantity.PerSampleGradient => CheckedDerivatives.First | CheckedDerivatives.Samples,
            Quantity.PerSampleFisherDiagonal => CheckedDerivatives.First | CheckedDerivatives.Samples,
            Quantity.HessianDiagonal => CheckedDerivatives.Second,
            Quantity.PerSampleHessianDiagonal => CheckedDerivatives.Second | CheckedDerivatives.Samples,
            Quantity.Hessian or Quantity.CrossHessian or Quantity.Hvp or Quantity.GradientOfGradient => CheckedDerivatives.Second
                | CheckedDerivatives.Pairs,
            Quantity.GgnDiagonal => CheckedDerivatives.GaussNewton,
            Quantity.PerSampleGgnDiagonal => CheckedDerivatives.GaussNewton | CheckedDerivatives.Samples,
            Quantity.Jacobian or Quantity.Jvp or Quantity.Vjp => CheckedDerivatives.Image,
            _ => CheckedDerivatives.None,
        };

    /// <summary>Whether an input is its direction or cotangent.</summary>
    public bool Takes(string input) => VectorInput.Of(input)?.Target == Target.Name;

    /// <summary>Why it cannot be checked; null where it can.</summary>
    public string? Obstacle =>
        Quantity == Quantity.FisherDiagonalMonteCarlo ? "it is an estimate"
        : Second is not null && Values.Any(value => value.Producer is not null) ? "its targets are not weights or inputs alone"
        : Quantity == Quantity.Laplacian ? "a trace takes a direction for every entry"
        : Samples.IsSeparate && Samples != SampleLayout.At(0) && Target.IsPart
            ? "it is a part of a value whose samples lie along another axis than the first"
        : null;

    /// <summary>Whether entries have a second index or direction, so that each takes a pair of directions of its own.</summary>
    public bool TakesPairs => Needs.HasFlag(CheckedDerivatives.Pairs) || Quantity == Quantity.Jvp;
}
