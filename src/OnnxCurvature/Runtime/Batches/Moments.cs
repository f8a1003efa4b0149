using System.Numerics.Tensors;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// Two numbers a and b for each entry, [2, …], in place of a standard error whose square is b − a². Both are linear in what directions
/// give, so those of parts of the directions add up, which standard errors do not.
/// </summary>
internal static class Moments
{
    /// <summary>Makes moments those of a result that is multiplied by a weight; a negative one takes them off.</summary>
    /// <param name="moments">A piece of them.</param>
    /// <param name="start">Its first number.</param>
    /// <param name="length">How many numbers there are.</param>
    /// <param name="weight">The weight.</param>
    public static void Weigh(Span<double> moments, int start, int length, double weight)
    {
        var first = Math.Clamp(length / 2 - start, 0, moments.Length);
        TensorPrimitives.Multiply(moments[..first], weight, moments[..first]);
        TensorPrimitives.Multiply(moments[first..], weight * Math.Abs(weight), moments[first..]);
    }

    /// <summary>The squares of the standard errors, in place of the first half.</summary>
    public static Span<double> Squares(Span<double> moments)
    {
        var first = moments[..(moments.Length / 2)];
        TensorPrimitives.Multiply(first, first, first);
        TensorPrimitives.Subtract(moments[first.Length..], first, first);
        // Rounding may leave a difference below zero where all directions give the same.
        TensorPrimitives.Max(first, 0, first);
        return first;
    }
}
