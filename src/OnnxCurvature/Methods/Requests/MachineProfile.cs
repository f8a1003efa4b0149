namespace OnnxCurvature.Methods.Requests;

/// <summary>
/// The speed of a machine. Ways, chunks and the times of a plan follow from these figures, so that one profile gives
/// one plan anywhere. The figures of <see cref="Default"/> are those of a core of a server's processor of 2023 with ONNX Runtime 1.32.
/// </summary>
internal sealed record MachineProfile
{
    /// <summary>The profile that plans are made with where none is given.</summary>
    public static MachineProfile Default { get; } = new();

    /// <summary>Floating-point operations that a core does in a second in large matrix products in float32.</summary>
    public double ProductFlops { get; init; } = 80e9;

    /// <summary>Bytes that a core reads and writes in a second, of values that stay in its cache.</summary>
    public double CacheBytesPerSecond { get; init; } = 11e9;

    /// <summary>Bytes that a core reads and writes in a second, of values that do not stay in its cache.</summary>
    public double MemoryBytesPerSecond { get; init; } = 8e9;

    /// <summary>Bytes of weights that are read and laid out in a second when a session starts.</summary>
    public double FileBytesPerSecond { get; init; } = 1e9;

    /// <summary>Bytes of memory that a process gets from the system in a second when it writes to them for the first time.</summary>
    public double FreshBytesPerSecond { get; init; } = 2e9;

    /// <summary>Seconds that a node takes by itself.</summary>
    public double LaunchSeconds { get; init; } = 5e-6;

    /// <summary>Seconds until the threads of a node have begun.</summary>
    public double ThreadSeconds { get; init; } = 1e-5;

    /// <summary>The speed that each core besides the first adds to a node that is divided, as a share of what the first does.</summary>
    public double SecondCoreShare { get; init; } = 0.8;

    /// <summary>Seconds to start a run.</summary>
    public double StartSeconds { get; init; } = 0.12;

    /// <summary>Seconds to start a session.</summary>
    public double SessionSeconds { get; init; } = 0.03;

    /// <summary>Seconds that each node adds to the start of a session.</summary>
    public double NodeStartSeconds { get; init; } = 1.5e-4;

    /// <summary>Bytes of the second-level cache of a core.</summary>
    public double CoreCacheBytes { get; init; } = 2 << 20;

    /// <summary>Bytes of the cache that cores share, as far as one process may count on it.</summary>
    public double SharedCacheBytes { get; init; } = 32 << 20;

    /// <summary>The CUDA device.</summary>
    public DeviceProfile Device { get; init; } = new();
}
