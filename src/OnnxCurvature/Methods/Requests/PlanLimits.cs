using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Methods.Requests;

/// <summary>The limits that a plan keeps to, and the sizes that it is planned for.</summary>
internal sealed record PlanLimits
{
    private readonly long? _resultBytes;

    /// <summary>Bytes that one chunk of directions may take beside the weights.</summary>
    public long MemoryBytes { get; init; } = 1L << 30;

    /// <summary>Bytes that one result may take; by default what a chunk may.</summary>
    internal long ResultBytes
    {
        get => _resultBytes ?? MemoryBytes;
        init => _resultBytes = value;
    }

    /// <summary>A bound on memory as messages give it.</summary>
    public static string Text(long bytes) => bytes < 1 << 20 ? $"{bytes} bytes" : $"{bytes >> 20} MiB";

    /// <summary>Ends planning before it is done; null for nothing.</summary>
    internal PlanInterrupt? Interrupt { get; init; }

    /// <summary>The machine that the program is planned for.</summary>
    public MachineProfile Machine { get; init; } = MachineProfile.Default;

    /// <summary>Where the program will run: it says what kernels there are for float64.</summary>
    public ExecutionProvider Provider { get; init; } = ExecutionProvider.Cpu;

    /// <summary>
    /// Whether the caller makes a run for each chunk, so that what is done once, after all chunks, would be done in every run.
    /// </summary>
    public bool OneRunForEachChunk { get; init; }

    /// <summary>
    /// The type of the values whose second derivative may be factorized in double, which has to be far more exact; null where none is. That
    /// belongs to runs only: a file may be derived again, and small pivots would amplify roundoff then.
    /// </summary>
    internal ElementType? Factorized { get; init; }

    /// <summary>Whether chains of nodes that are linear in the directions become sums with coefficients that are computed once.</summary>
    internal bool Combines { get; init; } = true;

    /// <summary>Whether products of directions are taken at nonzero channels only; null for where it is expected to be faster.</summary>
    internal bool? MasksProducts { get; init; }

    /// <summary>
    /// Bytes of a dense layer's weight from which entries are gathered at one time, where products of directions are taken at nonzero
    /// channels: what the cache of a processor holds.
    /// </summary>
    internal long BlockBytes { get; init; } = 32 << 20;

    /// <summary>
    /// Bytes that one iteration of a contraction of Gram matrices may take on a processor, where memory that was touched before is faster
    /// than more of it.
    /// </summary>
    internal long ContractionBytes { get; init; } = 64 << 20;

    /// <summary>The size to plan with for symbolic dimensions that have none given here.</summary>
    public long DefaultDimension { get; init; } = 1;

    /// <summary>Sizes to plan with for symbolic dimensions; the plan stays right for others.</summary>
    public ImmutableDictionary<string, long> Dimensions { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>The size of a dimension to plan with.</summary>
    public double Size(Dim dim)
    {
        double size = dim.Factor;
        foreach (var symbol in dim.Symbols)
            size *= Dimensions.GetValueOrDefault(symbol.Name, DefaultDimension);
        return size;
    }
}
