using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// How a value depends on the samples of a batch: not at all, separately along one axis (slice n depends on sample n only), separately along a
/// factor of one axis, which samples and something else share, or in a way that is not proven to be separate.
/// </summary>
public readonly record struct SampleAxis
{
    private readonly Dim _samples;

    private SampleAxis(int kind, int axis, Dim outer, Dim samples, Dim inner)
    {
        (Kind, Axis, Outer, Inner) = (kind, axis, outer, inner);
        _samples = samples;
    }

    private int Kind { get; }

    /// <summary>The axis along which the samples lie; only for <see cref="IsSeparate"/>.</summary>
    public int Axis { get; }

    /// <summary>The number of positions of the axis that a sample has before the next one begins anew: o in (o N + n) i.</summary>
    public Dim Outer { get; }

    /// <summary>The number of positions of a sample that lie side by side on the axis: i in (o N + n) i.</summary>
    public Dim Inner { get; }

    /// <summary>The value is the same for all samples.</summary>
    public static SampleAxis None => default;

    /// <summary>Samples are mixed, or are not proven to be kept apart.</summary>
    public static SampleAxis Coupled { get; } = new(2, 0, 0, 0, 0);

    /// <summary>Sample n lies at index n of an axis.</summary>
    public static SampleAxis At(int axis) => new(1, axis, 1, 0, 1);

    /// <summary>
    /// The samples are a factor of an axis of size <paramref name="outer"/> * <paramref name="samples"/> * <paramref name="inner"/>: what is at position
    /// (o * samples + n) * inner + i belongs to sample n.
    /// </summary>
    public static SampleAxis Within(int axis, Dim outer, Dim samples, Dim inner) => outer.IsOne && inner.IsOne ? At(axis) : new(1, axis, outer, samples, inner);

    /// <summary>Whether the value does not depend on the samples.</summary>
    public bool IsNone => Kind == 0;

    /// <summary>Whether the samples lie apart along <see cref="Axis"/>, or along a factor of it.</summary>
    public bool IsSeparate => Kind == 1;

    /// <summary>Whether the samples lie apart along <see cref="Axis"/>, one at each index.</summary>
    public bool IsWhole => IsSeparate && Outer.IsOne && Inner.IsOne;

    /// <summary>Whether the samples are, or may be, mixed.</summary>
    public bool IsCoupled => Kind == 2;

    /// <summary>The number of samples in a value of a shape.</summary>
    public Dim SamplesOf(TensorShape shape) => IsWhole ? shape[Axis] : _samples;

    /// <summary>The shape of what <paramref name="samples"/> samples have of a value.</summary>
    public TensorShape Of(TensorShape shape, Dim samples) => shape.With(Axis, Outer * samples * Inner);

    /// <summary>The same samples, where their axis is another one.</summary>
    public SampleAxis Moved(int axis) => new(Kind, axis, Outer, _samples, Inner);

    /// <summary>These samples where every position of their axis is a sample of its own of <paramref name="positions"/>.</summary>
    public SampleAxis Along(SampleAxis positions) => IsWhole ? positions : Within(positions.Axis, positions.Outer * Outer, _samples, Inner * positions.Inner);
}
