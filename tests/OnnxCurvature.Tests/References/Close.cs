using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>Comparisons of results.</summary>
internal static class Close
{
    /// <summary>The elements of a result.</summary>
    public static double[] Values(CurvatureResult result, string name) => result.Tensors.Single(tensor => tensor.Name == name).Values;

    /// <summary>A quantity is as near to its reference as float32 allows.</summary>
    public static void To(ReferenceCase entry, Quantity quantity, double[] computed) => To(quantity, entry.Reference(quantity), computed);

    /// <summary>A quantity is as near to another as float32 allows.</summary>
    public static void To(Quantity quantity, double[] expected, double[] computed)
    {
        Assert.Equal(expected.Length, computed.Length);
        Assert.InRange(ReferenceCase.Error(computed, expected), 0, ReferenceCase.Tolerance(quantity));
    }

    /// <summary>All quantities of a result are as near to their references as float32 allows.</summary>
    public static void To(ReferenceCase entry, CurvatureResult result) =>
        Assert.All(
            ReferenceCase.Quantities,
            quantity => To(entry, quantity, Values(result, quantity.OutputName(entry.Weight))),
            throwIfEmpty: true
        );
}
