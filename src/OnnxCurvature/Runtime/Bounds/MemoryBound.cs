using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Runtime.Bounds;

/// <summary>The most memory that a run lets its process hold, and who says so.</summary>
/// <param name="Bytes">The bytes that the run may take, with the libraries of the process.</param>
/// <param name="Setter">The part of the system that sets it; null where it was asked for.</param>
internal readonly record struct MemoryBound(long Bytes, string? Setter)
{
    /// <summary>A process that has run a small model, measured with .NET 10 and ONNX Runtime 1.31.</summary>
    public const long ProcessBytes = 110L << 20;

    private static readonly Lazy<SystemLimit> System = new(() => new SystemLimits().Smallest());

    /// <summary>
    /// The bytes that the process held before, besides its libraries: a program that uses the library has memory of its own, which is no
    /// part of a run.
    /// </summary>
    public long HeldBefore { get; private init; }

    /// <summary>
    /// Throws <see cref="UserErrorException"/> where the system allows less than the libraries of a process take: one of them would fail to
    /// load somewhere, which nothing could explain.
    /// </summary>
    public static void CheckSystem() => CheckSystem(System.Value);

    /// <summary>The same, for a system's limit.</summary>
    public static void CheckSystem(SystemLimit system)
    {
        if (system.ScarceAddressSpace is { } space)
            throw new UserErrorException(
                $"{system.Setter} allows {PlanLimits.Text(space)} of address space, and .NET and ONNX Runtime reserve "
                    + $"{PlanLimits.Text(SystemLimits.LeastAddressSpace)}; allow more there, and bound memory with --memory."
            );
        if (system.Bytes < ProcessBytes)
            throw new UserErrorException(
                $"The process may take {PlanLimits.Text(system.Bytes)}, since {system.Setter} allows no more than that, and its libraries "
                    + $"take {PlanLimits.Text(ProcessBytes)}; let the process have more there."
            );
    }

    /// <summary>The bound that is asked for, or that of the system where it is lower.</summary>
    /// <param name="asked">The bytes that are asked for.</param>
    /// <param name="ownsProcess">Whether all that the process holds counts as the run's.</param>
    public static MemoryBound Of(long asked, bool ownsProcess) => Of(asked, System.Value, ownsProcess ? 0 : Environment.WorkingSet);

    /// <summary>The same, for a system's limit and the bytes that the process holds now.</summary>
    public static MemoryBound Of(long asked, SystemLimit system, long held)
    {
        var before = Math.Max(0, held - ProcessBytes);
        var left = Math.Max(1, system.Bytes - before);
        return left < asked
            ? new MemoryBound(left, system.Setter) { HeldBefore = before }
            : new MemoryBound(asked, null) { HeldBefore = before };
    }

    /// <summary>The limit, for messages: <c>800 MiB</c>.</summary>
    public string Text => PlanLimits.Text(Bytes) + (Setter is null ? "" : $", which {Setter} sets");

    /// <summary>How to allow more.</summary>
    public string Remedy => Setter is null ? "allow more with --memory" : "let the process have more there";

    /// <summary>A note for the user where the bound is not the one that was asked for.</summary>
    public IEnumerable<string> Notes =>
        Setter is null ? [] : [$"The process may take {PlanLimits.Text(Bytes)}, since {Setter} allows no more than that."];
}
