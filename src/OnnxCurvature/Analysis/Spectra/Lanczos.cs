using MathNet.Numerics.LinearAlgebra;

namespace OnnxCurvature.Analysis.Spectra;

/// <summary>An approximate eigenvalue: one of the matrix lies no further from it than the bound.</summary>
/// <param name="Value">The Ritz value θ.</param>
/// <param name="Bound">‖H v − θ v‖ for the Ritz vector v, of norm 1, with what rounding in float64 may add in as many steps.</param>
/// <param name="Weight">The square of the share that the start has of the Ritz vector; the weights of a run sum to 1.</param>
internal sealed record RitzValue(double Value, double Bound, double Weight);

/// <summary>
/// Lanczos's recurrence for a symmetric matrix that is known by its products: an orthonormal basis of the Krylov space of a start, in which
/// the matrix is tridiagonal. Each new vector is made orthogonal to all before it, twice, so that rounding makes no copies of eigenvalues.
/// </summary>
internal static class Lanczos
{
    /// <summary>The distance of 1 to the next number.</summary>
    private const double Roundoff = 1.0 / (1L << 52);

    /// <summary>Below this share of the matrix's size a further direction is rounding alone, and the space is invariant.</summary>
    private const double Invariant = 1e-13;

    /// <summary>The Ritz values, from the smallest to the largest.</summary>
    /// <param name="times">The product of the matrix with a vector.</param>
    /// <param name="start">The start, which is not zero.</param>
    /// <param name="steps">The most steps.</param>
    public static RitzValue[] Run(Func<double[], double[]> times, double[] start, int steps)
    {
        var basis = new List<double[]>();
        List<double> diagonal = [],
            below = [];
        var next = Scaled(start, 1 / Norm(start));
        var size = 0.0;
        while (true)
        {
            basis.Add(next);
            var product = times(next);
            size = Math.Max(size, Norm(product));
            diagonal.Add(Dot(product, next));
            for (var pass = 0; pass < 2; pass++)
                foreach (var vector in basis)
                    Subtract(product, vector, Dot(product, vector));
            below.Add(Norm(product));
            if (basis.Count == Math.Min(steps, start.Length) || below[^1] <= Invariant * size)
                break;
            next = Scaled(product, 1 / below[^1]);
        }
        return Ritz(diagonal, below, size);
    }

    private static RitzValue[] Ritz(List<double> diagonal, List<double> below, double size)
    {
        var count = diagonal.Count;
        var matrix = Matrix<double>.Build.Dense(
            count,
            count,
            (i, j) =>
                Math.Abs(i - j) switch
                {
                    0 => diagonal[i],
                    1 => below[Math.Min(i, j)],
                    _ => 0,
                }
        );
        var decomposition = matrix.Evd(Symmetricity.Symmetric);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(index => new RitzValue(
                    decomposition.EigenValues[index].Real,
                    Math.Abs(below[^1] * decomposition.EigenVectors[count - 1, index]) + count * Roundoff * size,
                    Math.Pow(decomposition.EigenVectors[0, index], 2)
                ))
                .OrderBy(value => value.Value),
        ];
    }

    private static double Norm(double[] vector) => Math.Sqrt(Dot(vector, vector));

    private static double Dot(double[] one, double[] other) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(one, other);

    private static double[] Scaled(double[] vector, double factor)
    {
        var scaled = new double[vector.Length];
        System.Numerics.Tensors.TensorPrimitives.Multiply(vector, factor, scaled);
        return scaled;
    }

    private static void Subtract(double[] vector, double[] other, double factor) =>
        System.Numerics.Tensors.TensorPrimitives.MultiplyAdd<double>(other, -factor, vector, vector);
}
