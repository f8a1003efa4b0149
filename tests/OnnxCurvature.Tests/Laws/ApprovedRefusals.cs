using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The refusals of the laws, in Goldens/refusals.txt: the law, the sample, and the sentence.</summary>
internal static class ApprovedRefusals
{
    private static readonly ApprovedList List = new("refusals.txt", parts: 2);

    /// <summary>Compares what came of a law at a sample with the list.</summary>
    /// <param name="part">The part of the law; empty for the whole.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="refusal">The sentence of the refusal; null where the law holds.</param>
    public static void Check(string part, OperatorSample sample, string? refusal)
    {
        var method = TestContext.Current.TestMethod!;
        List.Check($"{method.TestClass.TestClassSimpleName}.{method.MethodName}{part} | {sample}", refusal);
    }
}
