namespace OnnxCurvature.Methods.Requests;

/// <summary>An input that derivatives along a vector take: a direction, of the target's shape, or a cotangent, of the output's.</summary>
/// <param name="Target">The name of the target.</param>
/// <param name="IsCotangent">Whether it is a cotangent.</param>
internal readonly record struct VectorInput(string Target, bool IsCotangent)
{
    private const string DirectionSuffix = ".direction";
    private const string CotangentSuffix = ".cotangent";

    /// <summary>The name of the input.</summary>
    public string Name => Target + (IsCotangent ? CotangentSuffix : DirectionSuffix);

    /// <summary>The direction of a target.</summary>
    public static VectorInput Direction(Target target) => new(target.Name, IsCotangent: false);

    /// <summary>The cotangent of a target.</summary>
    public static VectorInput Cotangent(Target target) => new(target.Name, IsCotangent: true);

    /// <summary>The input of a name; null for the name of another input.</summary>
    public static VectorInput? Of(string name) =>
        name.EndsWith(DirectionSuffix, StringComparison.Ordinal) ? new(name[..^DirectionSuffix.Length], IsCotangent: false)
        : name.EndsWith(CotangentSuffix, StringComparison.Ordinal) ? new(name[..^CotangentSuffix.Length], IsCotangent: true)
        : null;
}
