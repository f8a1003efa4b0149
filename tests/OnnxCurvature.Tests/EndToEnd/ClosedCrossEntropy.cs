namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// Cross-entropy of z[n, t] = x[n, t] w and its derivatives by w, by formulas: rows add −Σ_c a_c log p_c, so that with r = p Σ a − a the
/// gradient is Σ x r / W, and the diagonal of the Hessian Σ x² p (1 − p) Σ a / W. W is 1 for a sum.
/// </summary>
internal sealed class ClosedCrossEntropy
{
    /// <summary>Computes all of it.</summary>
    /// <param name="x">Rows of <paramref name="w"/>'s first size.</param>
    /// <param name="w">The weight, a row for each input.</param>
    /// <param name="a">The coefficients of each row.</param>
    /// <param name="mean">W.</param>
    /// <param name="rows">The rows of one sample.</param>
    /// <param name="samples">The factor of a sample's share in ℓₙ: the number of samples that count, and 1 for a sum.</param>
    public ClosedCrossEntropy(double[][] x, double[][] w, double[][] a, double mean, int rows, double samples)
    {
        var (inputs, classes) = (w.Length, w[0].Length);
        (Gradient, Hessian, Fisher) = (new double[inputs * classes], new double[inputs * classes], new double[inputs * classes]);
        PerSample = new double[x.Length / rows * inputs * classes];
        for (var row = 0; row < x.Length; row++)
        {
            double[] z = [.. Enumerable.Range(0, classes).Select(c => x[row].Zip(w, (value, of) => value * of[c]).Sum())];
            var total = z.Sum(Math.Exp);
            var weight = a[row].Sum();
            for (var c = 0; c < classes; c++)
            {
                var p = Math.Exp(z[c]) / total;
                Loss -= a[row][c] * Math.Log(p) / mean;
                for (var i = 0; i < inputs; i++)
                {
                    var slope = x[row][i] * (p * weight - a[row][c]) / mean;
                    Gradient[i * classes + c] += slope;
                    PerSample[(row / rows * inputs + i) * classes + c] += samples * slope;
                    Hessian[i * classes + c] += x[row][i] * x[row][i] * p * (1 - p) * weight / mean;
                }
            }
        }
        foreach (var (index, own) in PerSample.Index())
            Fisher[index % Fisher.Length] += own * own / samples;
    }

    public double Loss { get; }

    public double[] Gradient { get; }

    public double[] Hessian { get; }

    public double[] Fisher { get; }

    public double[] PerSample { get; }
}
