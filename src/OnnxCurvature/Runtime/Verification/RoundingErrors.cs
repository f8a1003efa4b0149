namespace OnnxCurvature.Runtime.Verification;

/// <summary>The errors of rounding that were sampled for the entries of a tensor.</summary>
internal sealed class RoundingErrors
{
    private double[] _largest = [];
    private double _squares;
    private long _count;

    /// <summary>Adds a sample: the errors of all entries.</summary>
    public void Add(double[] errors)
    {
        if (_largest.Length == 0)
            _largest = new double[errors.Length];
        for (var entry = 0; entry < errors.Length; entry++)
        {
            _largest[entry] = Math.Max(_largest[entry], Math.Abs(errors[entry]));
            _squares += errors[entry] * errors[entry];
            _count++;
        }
    }

    /// <summary>The size of the errors at an entry: the largest that was sampled there, and what is usual in the tensor.</summary>
    public double At(int entry) => _largest[entry] + Math.Sqrt(_squares / Math.Max(1, _count));
}
