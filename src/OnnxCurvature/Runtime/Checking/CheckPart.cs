using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>Results that are checked by one program, and what that may take.</summary>
/// <param name="Derivatives">The results that are derived.</param>
/// <param name="Results">The results.</param>
internal sealed record CheckPart(DirectionalDerivatives Derivatives, ImmutableArray<CheckedResult> Results)
{
    /// <summary>The most bytes by the estimate, where a larger program came to the memory limit; null where none did.</summary>
    public double? MostBytes { get; init; }

    /// <summary>The number of targets.</summary>
    public int Targets => Results.Select(result => result.Target).Distinct().Count();

    /// <summary>
    /// Parts with the results by one value each; none where this is one. A program for one value takes directions of it alone, starts
    /// where it enters, and has no terms of two values at once.
    /// </summary>
    public ImmutableArray<CheckPart> Split()
    {
        Value[] values = [.. Results.Select(result => result.Target.Value).Distinct()];
        return values.Length == 1 ? [] : [.. values.Select(value => Of(result => result.Target.Value == value))];
    }

    private CheckPart Of(Func<CheckedResult, bool> isOf)
    {
        ImmutableArray<CheckedResult> some = [.. Results.Where(isOf)];
        return this with { Derivatives = Derivatives.Of([.. some.SelectMany(result => result.Values).Distinct()]), Results = some };
    }
}

/// <summary>How much a check may do.</summary>
/// <param name="Directions">How many directions at a time; 0 for none.</param>
/// <param name="Most">The most directions.</param>
/// <param name="Reason">Why it is not more: a clause; null where it is enough.</param>
internal sealed record CheckAllowance(int Directions, int Most, string? Reason)
{
    /// <summary>The estimated peak of the process's memory, in bytes; null where nothing bounds it.</summary>
    public Lazy<double>? Peak { get; init; }

    /// <summary>Whether one direction takes more memory than there is.</summary>
    public bool LacksMemory { get; init; }
}
