namespace OnnxCurvature.RandomGraphs.Numbers;

/// <summary>A number that knows where on the tape it was computed, and which samples of the data it depends on.</summary>
/// <param name="Tape">The tape.</param>
/// <param name="Step">Its step; −1 for a number that depends on no variable.</param>
/// <param name="Value">Its value.</param>
/// <param name="Samples">A bit for each sample that it depends on.</param>
internal readonly record struct Number(Tape Tape, int Step, double Value, ulong Samples)
{
    /// <summary>A number of the same tape that depends on nothing.</summary>
    public Number Constant(double value) => new(Tape, -1, value, 0);

    /// <summary>A function of this number: its value, first and second derivative.</summary>
    public Number Map(double value, double first, double second) =>
        new(Tape, Step < 0 ? -1 : Tape.Unary(Step, first, second), value, Samples);

    /// <summary>A function of two numbers: its value, first and second derivatives.</summary>
    public static Number Combine(Number a, Number b, double value, double da, double db, double daa, double dab, double dbb)
    {
        var samples = a.Samples | b.Samples;
        if (a.Step < 0 && b.Step < 0)
            return new Number(a.Tape, -1, value, samples);
        if (b.Step < 0)
            return new Number(a.Tape, a.Tape.Unary(a.Step, da, daa), value, samples);
        if (a.Step < 0)
            return new Number(a.Tape, a.Tape.Unary(b.Step, db, dbb), value, samples);
        return new Number(a.Tape, a.Tape.Step(a.Step, b.Step, da, db, daa, dab, dbb), value, samples);
    }

    public static Number operator +(Number a, Number b) => Combine(a, b, a.Value + b.Value, 1, 1, 0, 0, 0);

    public static Number operator -(Number a, Number b) => Combine(a, b, a.Value - b.Value, 1, -1, 0, 0, 0);

    public static Number operator *(Number a, Number b) => Combine(a, b, a.Value * b.Value, b.Value, a.Value, 0, 1, 0);

    public static Number operator /(Number a, Number b)
    {
        var inverse = 1 / b.Value;
        return Combine(
            a,
            b,
            a.Value * inverse,
            inverse,
            -a.Value * inverse * inverse,
            0,
            -inverse * inverse,
            2 * a.Value * inverse * inverse * inverse
        );
    }

    public static Number operator -(Number a) => a.Map(-a.Value, -1, 0);

    public static Number operator +(Number a, double b) => a.Map(a.Value + b, 1, 0);

    public static Number operator -(double a, Number b) => b.Map(a - b.Value, -1, 0);

    public static Number operator *(double a, Number b) => b.Map(a * b.Value, a, 0);

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Value}");
}
