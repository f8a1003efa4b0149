using Xunit;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>The models that ONNX publishes for the test of backends, with their derivatives.</summary>
[Trait("Category", "Slow")]
public sealed class ConformanceTests
{
    /// <summary>The models.</summary>
    public static TheoryData<string> Models => PublishedModel.Installed ? [.. PublishedModel.All] : [""];

    [Theory, MemberData(nameof(Models))]
    public void A_published_model_has_its_published_outputs_and_right_derivatives(string model)
    {
        Assert.SkipUnless(PublishedModel.Installed, PublishedModel.Absent);
        var (result, reason) = (ConformanceRun.Of(model), ConformanceExceptions.ForAll.ReasonFor(model));
        var failure =
            result.OutputFailure ?? (ConformanceExceptions.ForDerivatives.ReasonFor(model) is null ? result.DerivativeFailure : null);
        Assert.SkipWhen(failure is not null && reason is not null, reason ?? "");
        Assert.True(failure is null, failure);
        Assert.True(
            reason is null || !PublishedModel.IsPackage,
            $"{model} is excepted because {reason}, but all of it holds; take it out of {nameof(ConformanceExceptions)}."
        );
    }
}
