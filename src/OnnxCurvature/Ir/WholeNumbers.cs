namespace OnnxCurvature.Ir;

/// <summary>Arithmetic on counts.</summary>
internal static class WholeNumbers
{
    /// <summary>How many parts of a size hold a number that is not negative: its quotient by the size, rounded up.</summary>
    public static long DivideUp(long number, long size) => (number + size - 1) / size;
}
