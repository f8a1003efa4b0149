using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// Where the samples of a batch lie in a value, and whether they are independent there: not at all, separately along one axis (slice n
/// depends on sample n only), separately along a factor of one axis, which samples and something else share, or coupled: an entry may
/// depend on any sample. Of a coupled value it may still be known which entries belong to which sample, as after a normalization by the
/// statistics of the batch.
/// </summary>
internal readonly record struct SampleLayout
{
    private readonly Dim _samples;

    private SampleLayout(LayoutKind kind, int axis, Dim outer, Dim samples, Dim inner)
    {
        Kind = kind;
        Axis = axis;
        Outer = outer;
        Inner = inner;
        _samples = samples;
    }

    private enum LayoutKind
    {
        None,
        Separate,
        Coupled,
        CoupledInPlace,
    }

    private LayoutKind Kind { get; }

    /// <summary>The axis along which the samples lie; only for <see cref="IsSeparate"/>.</summary>
    public int Axis { get; }

    /// <summary>The number of positions of the axis that a sample has before the next one begins anew: o in (o N + n) i.</summary>
    public Dim Outer { get; }

    /// <summary>The number of positions of a sample that lie side by side on the axis: i in (o N + n) i.</summary>
    public Dim Inner { get; }

    /// <summary>The value is the same for all samples.</summary>
    public static SampleLayout None => default;

    /// <summary>Samples are coupled, or are not proven to be independent, and nothing is known of which entries belong to which.</summary>
    public static SampleLayout Coupled { get; } = new(LayoutKind.Coupled, 0, 0, 0, 0);

    /// <summary>Sample n lies at index n of an axis.</summary>
    public static SampleLayout At(int axis) => new(LayoutKind.Separate, axis, 1, 0, 1);

    /// <summary>
    /// The samples are a factor of an axis of size <paramref name="outer"/> * <paramref name="samples"/> * <paramref name="inner"/>: the
    /// entry at position (o * samples + n) * inner + i belongs to sample n.
    /// </summary>
    public static SampleLayout Within(int axis, Dim outer, Dim samples, Dim inner) =>
        outer.IsOne && inner.IsOne ? At(axis) : new(LayoutKind.Separate, axis, outer, samples, inner);

    /// <summary>Whether the value does not depend on the samples.</summary>
    public bool IsNone => Kind == LayoutKind.None;

    /// <summary>Whether the samples are independent and lie along <see cref="Axis"/>, or along a factor of it.</summary>
    public bool IsSeparate => Kind == LayoutKind.Separate;

    /// <summary>Whether the samples are independent and lie along <see cref="Axis"/>, one at each index.</summary>
    public bool IsWhole => IsSeparate && Outer.IsOne && Inner.IsOne;

    /// <summary>Whether the samples are, or may be, coupled.</summary>
    public bool IsCoupled => Kind is LayoutKind.Coupled or LayoutKind.CoupledInPlace;

    /// <summary>
    /// Which entries belong to which sample, be they independent or coupled; null where that is not known, or the value belongs to no
    /// sample.
    /// </summary>
    public SampleLayout? Place =>
        Kind is LayoutKind.Separate or LayoutKind.CoupledInPlace ? new(LayoutKind.Separate, Axis, Outer, _samples, Inner) : null;

    /// <summary>The same places, where samples are coupled.</summary>
    public SampleLayout AsCoupled() => Place is null ? Coupled : new(LayoutKind.CoupledInPlace, Axis, Outer, _samples, Inner);

    /// <summary>The number of samples in a value of a shape.</summary>
    public Dim SamplesOf(TensorShape shape) => IsWhole ? shape[Axis] : _samples;

    /// <summary>The shape of the entries that <paramref name="samples"/> samples have in a value.</summary>
    public TensorShape Of(TensorShape shape, Dim samples) => shape.With(Axis, Outer * samples * Inner);

    /// <summary>The shape of one sample's entries; the whole shape where samples are not distinguished.</summary>
    public TensorShape OfOne(TensorShape shape) => IsSeparate ? Of(shape, 1) : shape;

    /// <summary>The shape of one sample's entries behind an axis of samples: an axis that samples have to themselves is dropped.</summary>
    public TensorShape Behind(TensorShape shape) => IsWhole ? shape.Remove(Axis) : OfOne(shape);

    /// <summary>The same samples, where their axis is another one.</summary>
    public SampleLayout Moved(int axis) => new(Kind, axis, Outer, _samples, Inner);

    /// <summary>These samples where every position of their axis is a sample of its own of <paramref name="positions"/>.</summary>
    public SampleLayout Along(SampleLayout positions) =>
        IsWhole ? positions : Within(positions.Axis, positions.Outer * Outer, _samples, Inner * positions.Inner);

    /// <summary>
    /// The same samples in every <paramref name="step"/>-th position of their axis from <paramref name="start"/> on,
    /// <paramref name="count"/> of them. These must be the same positions of every sample: whole batches one after another, or some of the
    /// positions that lie side by side. Null where they are not, or sizes are not known. A start before the first position, or an end after
    /// the last, stands for positions that were put there and belonged to no sample.
    /// </summary>
    /// <param name="shape">The shape of the value.</param>
    /// <param name="start">The first position.</param>
    /// <param name="count">How many.</param>
    /// <param name="step">How far apart.</param>
    public SampleLayout? Cut(TensorShape shape, long start, long count, long step)
    {
        if (!IsSeparate || count == 0 || step < 1 || SamplesOf(shape).Known is not { } samples || Inner.Known is not { } inner)
            return null;
        var batch = samples * inner;
        var first = (start % batch + batch) % batch;
        return first < step && inner % step == 0 && count * step % batch == 0
            ? Within(Axis, count * step / batch, samples, inner / step)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Kind switch
        {
            LayoutKind.None => "none",
            LayoutKind.Coupled => "coupled",
            _ when Outer.IsOne && Inner.IsOne => $"{(IsCoupled ? "coupled " : "")}axis {Axis}",
            _ => $"{(IsCoupled ? "coupled " : "")}axis {Axis} as {Outer} x {_samples} samples x {Inner}",
        };
}
