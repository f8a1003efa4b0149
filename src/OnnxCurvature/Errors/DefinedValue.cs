namespace OnnxCurvature;

/// <summary>Whether the members of requests and options hold values that their types have.</summary>
internal static class DefinedValue
{
    /// <summary>Throws <see cref="ArgumentException"/> for a number that no value of the type stands for.</summary>
    /// <param name="value">The value.</param>
    /// <param name="member">The member that holds it.</param>
    public static void Check<T>(T value, string member)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentException($"{member} is {value}, which is no {typeof(T).Name}.");
    }
}
