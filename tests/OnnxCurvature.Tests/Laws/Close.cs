using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Laws;

/// <summary>Compares tensors.</summary>
internal static class Close
{
    /// <summary>
    /// A few roundoffs of float64 of terms of size one, which are left where they cancel.
    /// </summary>
    private const double Cancelled = 1e-14;

    /// <summary>
    /// Fails where shapes differ, or elements by more than a tolerance relative to the largest of the expected, and by more than what is
    /// left of terms that cancel.
    /// </summary>
    public static void Check(Tensor expected, Tensor actual, double tolerance, string what, double cancelled = Cancelled)
    {
        var difference = Difference(expected, actual, tolerance, cancelled);
        Assert.True(difference is null, $"{what}: {difference}");
    }

    /// <summary>The first difference that <see cref="Check"/> fails for, as a text; null where there is none.</summary>
    public static string? Difference(Tensor expected, Tensor actual, double tolerance, double cancelled)
    {
        if (!expected.Shape.AsSpan().SequenceEqual(actual.Shape.AsSpan()))
            return $"shape {expected.Type.Shape} expected, {actual.Type.Shape} found";
        var scale = 0.0;
        for (var i = 0; i < expected.Count; i++)
            if (double.IsFinite(expected.At(i)))
                scale = Math.Max(scale, Math.Abs(expected.At(i)));
        for (var i = 0; i < expected.Count; i++)
        {
            var (wanted, found) = (expected.At(i), actual.At(i));
            if (!wanted.Equals(found) && !(Math.Abs(wanted - found) <= Math.Max(cancelled, tolerance * scale)))
                return $"{wanted:R} expected at {i} of {expected.Type.Shape}, {found:R} found";
        }
        return null;
    }

    /// <summary>The sum of products of the elements of two lists of tensors.</summary>
    public static double Inner(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b)
    {
        double sum = 0;
        for (var k = 0; k < a.Count; k++)
        for (var i = 0; i < a[k].Count; i++)
            sum += a[k].At(i) * b[k].At(i);
        return sum;
    }

    /// <summary>Tensors of one shape as one with a leading axis, whose elements are doubles.</summary>
    public static Tensor Stack(IReadOnlyList<Tensor> tensors) =>
        Tensor.Of([tensors.Count, .. tensors[0].Shape], [.. tensors.SelectMany(Elements)]);

    private static IEnumerable<double> Elements(Tensor tensor) => Enumerable.Range(0, tensor.Count).Select(tensor.At);
}
