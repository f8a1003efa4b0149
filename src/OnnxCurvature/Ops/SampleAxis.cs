namespace OnnxCurvature.Ops;

/// <summary>
/// How a value depends on the samples of a batch: not at all, separately along one axis (slice n depends on sample n only),
/// or in a way that is not proven to be separate.
/// </summary>
public readonly record struct SampleAxis
{
    private SampleAxis(int kind, int axis)
    {
        Kind = kind;
        Axis = axis;
    }

    private int Kind { get; }

    /// <summary>The axis along which the samples lie; only for <see cref="IsSeparate"/>.</summary>
    public int Axis { get; }

    /// <summary>The value is the same for all samples.</summary>
    public static SampleAxis None => default;

    /// <summary>Samples are mixed, or are not proven to be kept apart.</summary>
    public static SampleAxis Coupled { get; } = new(2, 0);

    /// <summary>Sample n lies at index n of an axis.</summary>
    public static SampleAxis At(int axis) => new(1, axis);

    /// <summary>Whether the value does not depend on the samples.</summary>
    public bool IsNone => Kind == 0;

    /// <summary>Whether the samples lie apart along <see cref="Axis"/>.</summary>
    public bool IsSeparate => Kind == 1;

    /// <summary>Whether the samples are, or may be, mixed.</summary>
    public bool IsCoupled => Kind == 2;
}
