namespace OnnxCurvature.Ir;

/// <summary>
/// The most that a model may take while it is loaded. A few bytes of a file can ask for any number of nodes, bytes and steps,
/// so each is counted before it is spent.
/// </summary>
public sealed record WorkLimits
{
    /// <summary>Nodes that are read and built, those of functions and of bodies that are written out included.</summary>
    public long Nodes { get; init; } = 150_000;

    /// <summary>Bytes of the constants that are computed: random numbers, sparse tensors, and tensors in attributes.</summary>
    public long Bytes { get; init; } = 256L << 20;

    /// <summary>
    /// Floating-point operations by which shapes, axes and counts are computed; and, once more, what it takes to plan for all weights that
    /// are surveyed.
    /// </summary>
    public long Steps { get; init; } = 100_000_000;

    /// <summary>Is given bytes before they are allocated; tests let that fail.</summary>
    internal Action<long> Allocating { get; init; } = _ => { };

    /// <summary>The most bytes of a single constant: of a table of indices, say, which a derivative takes.</summary>
    internal long LargestConstant { get; init; } = long.MaxValue;

    /// <summary>No limits.</summary>
    public static WorkLimits None { get; } =
        new()
        {
            Nodes = long.MaxValue,
            Bytes = long.MaxValue,
            Steps = long.MaxValue,
        };

    /// <summary>
    /// The limits of derivatives: they are bounded by what they are taken of, but for constants that a rule makes of a size alone.
    /// </summary>
    internal static WorkLimits OfDerivatives { get; } = None with { LargestConstant = 1L << 30 };
}
