using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Evaluation;

/// <summary>
/// The geometry of a window that slides over the spatial axes of a tensor [N, C, *spatial]: output position p and kernel
/// position k meet at the input position <c>p * stride + k * dilation - begin</c>. One entry for each spatial axis.
/// </summary>
/// <param name="Kernel">Sizes of the window.</param>
/// <param name="Strides">Steps between windows.</param>
/// <param name="Dilations">Steps between the elements of a window.</param>
/// <param name="Begins">Padding before.</param>
/// <param name="Ends">Padding after.</param>
/// <param name="RoundsUp">Whether a last window that is not filled counts, provided that it starts before the padding after.</param>
internal sealed record Window(
    ImmutableArray<long> Kernel,
    ImmutableArray<long> Strides,
    ImmutableArray<long> Dilations,
    ImmutableArray<long> Begins,
    ImmutableArray<long> Ends,
    bool RoundsUp = false
)
{
    private const long MostExtent = int.MaxValue;

    /// <summary>The most positions of a model's window: rules count and list them.</summary>
    private const long MostPositions = 1 << 24;

    /// <summary>The number of spatial axes.</summary>
    public int Rank => Kernel.Length;

    /// <summary>Whether every stride is one.</summary>
    public bool IsDense => Strides.All(stride => stride == 1);

    /// <summary>Whether windows lie side by side without padding and dilation.</summary>
    public bool IsDisjoint =>
        Kernel.SequenceEqual(Strides)
        && Dilations.All(dilation => dilation == 1)
        && Begins.All(pad => pad == 0)
        && Ends.All(pad => pad == 0);

    /// <summary>Both paddings, as the attribute <c>pads</c> has them.</summary>
    public IEnumerable<long> Pads => Begins.Concat(Ends);

    /// <summary>
    /// The window that attributes describe over spatial dimensions. Throws <see cref="UnsupportedOperatorException"/> where
    /// <c>auto_pad</c> needs a size that is not known, and <see cref="ShapeException"/> where the attributes do not fit.
    /// </summary>
    public static Window Of(Attributes attributes, IEnumerable<long> kernel, TensorShape spatial)
    {
        var window = Unpadded(attributes, kernel, spatial.Rank);
        var rank = window.Rank;
        var automatic = attributes.Text("auto_pad", "NOTSET");
        if (automatic is "NOTSET" or "VALID")
        {
            var pads = automatic == "VALID" ? null : attributes.Ints("pads");
            if (pads is { } given && given.Length != 2 * rank)
                throw new ShapeException($"the attribute pads holds {given.Length} numbers where {2 * rank} are expected");
            if (pads?.Any(pad => pad is < -MostExtent or > MostExtent) == true)
                throw new ShapeException($"the attribute pads holds [{string.Join(",", pads.Value)}], and {MostExtent} is the most");
            return window with
            {
                Begins = pads is { } some ? [.. some.Take(rank)] : window.Begins,
                Ends = pads is { } same ? [.. same.Skip(rank)] : window.Ends,
            };
        }
        var totals = new long[rank];
        for (var axis = 0; axis < rank; axis++)
            totals[axis] =
                window.Strides[axis] == 1 ? window.Span(axis) - 1
                : spatial[axis].Known is { } size
                    ? Math.Max(0, (WholeNumbers.DivideUp(size, window.Strides[axis]) - 1) * window.Strides[axis] + window.Span(axis) - size)
                : throw new UnsupportedOperatorException(
                    $"auto_pad depends on the size {spatial[axis]}, which is not known; give the sizes of symbolic dimensions."
                );
        ImmutableArray<long> less = [.. totals.Select(total => total / 2)];
        ImmutableArray<long> more = [.. totals.Select(total => total - total / 2)];
        return automatic == "SAME_UPPER" ? window with { Begins = less, Ends = more } : window with { Begins = more, Ends = less };
    }

    /// <summary>The window that attributes describe, with no padding.</summary>
    private static Window Unpadded(Attributes attributes, IEnumerable<long> kernel, int rank)
    {
        var sizes = kernel.ToImmutableArray();
        if (rank != sizes.Length)
            throw new ShapeException($"a window of {sizes.Length} dimensions does not fit {rank} spatial axes");
        if (attributes.Text("auto_pad", "NOTSET") is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER") and var automatic)
            throw new ShapeException($"auto_pad '{automatic}' is not known");
        var (ones, none) = (Enumerable.Repeat(1L, rank).ToImmutableArray(), Enumerable.Repeat(0L, rank).ToImmutableArray());
        var window = new Window(sizes, List("strides", ones), List("dilations", ones), none, none, attributes.Int("ceil_mode", 0) != 0);
        window.CheckRanges();
        return window;

        ImmutableArray<long> List(string name, ImmutableArray<long> fallback) =>
            attributes.Ints(name) is not { } list ? fallback
            : list.Length == rank ? list
            : throw new ShapeException($"the attribute {name} holds {list.Length} numbers where {rank} are expected");
    }

    private void CheckRanges()
    {
        foreach (
            var (name, numbers) in ((string, ImmutableArray<long>)[])[("kernel", Kernel), ("strides", Strides), ("dilations", Dilations)]
        )
            if (numbers.Any(number => number is < 1 or > MostExtent))
                throw new ShapeException($"the {name} [{string.Join(",", numbers)}] of a window must be from 1 to {MostExtent}");
    }

    /// <summary>The type of a pooling of x [N, C, *spatial].</summary>
    public static TensorType Pooled(TensorType x, Attributes attributes, IEnumerable<long> kernel) =>
        x with
        {
            Shape = [.. x.Shape.Range(0, 2), .. Outputs(attributes, kernel, x.Shape.Range(2, x.Rank))],
        };

    /// <summary>The output's spatial dimensions, also where <c>auto_pad</c> needs a size that is not known.</summary>
    public static TensorShape Outputs(Attributes attributes, IEnumerable<long> kernel, TensorShape spatial)
    {
        if (
            !attributes.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal)
            || attributes.Ints("strides") is not { } strides
        )
            return Of(attributes, kernel, spatial).Outputs(spatial);
        // The padding may need a size that is not known, but all else is checked here, once and for all.
        _ = Unpadded(attributes, kernel, spatial.Rank);
        return
        [
            .. spatial.Select(
                (dim, axis) =>
                    strides[axis] == 1
                        ? dim
                        : dim.Map(
                            size => WholeNumbers.DivideUp(size, strides[axis]),
                            "ceil({0}/" + strides[axis].ToString(CultureInfo.InvariantCulture) + ")"
                        )
            ),
        ];
    }

    /// <summary>
    /// Attributes in canonical form: kernel, strides, dilations and pads are there, and <c>auto_pad</c> is not, unless it needs a size
    /// that is not known.
    /// </summary>
    public static Attributes Canonical(Attributes attributes, IEnumerable<long> kernel, TensorShape spatial)
    {
        var sizes = kernel.ToImmutableArray();
        if (sizes.Aggregate(1.0, (product, size) => product * size) > MostPositions)
            throw new ShapeException($"a window of [{string.Join(",", sizes)}] has more than {MostPositions} positions");
        var known =
            spatial.IsKnown
            || !attributes.Text("auto_pad", "NOTSET").StartsWith("SAME", StringComparison.Ordinal)
            || (attributes.Ints("strides")?.All(stride => stride == 1) ?? true);
        return known ? Of(attributes, sizes, spatial).Write(attributes.Without("auto_pad")) : attributes.With("kernel_shape", sizes);
    }

    /// <summary>Attributes with those of this window.</summary>
    public Attributes Write(Attributes attributes) =>
        attributes.With("kernel_shape", Kernel).With("strides", Strides).With("dilations", Dilations).With("pads", Pads);

    /// <summary>How many input positions a window covers from its first to its last.</summary>
    public long Span(int axis) => (Kernel[axis] - 1) * Dilations[axis] + 1;

    /// <summary>The output's spatial dimensions.</summary>
    public TensorShape Outputs(TensorShape spatial) => [.. spatial.Select((dim, axis) => Output(dim, axis))];

    /// <summary>The output's spatial sizes.</summary>
    public long[] Outputs(IEnumerable<long> sizes) => Outputs(TensorShape.Of(sizes)).Sizes;

    /// <summary>
    /// For every kernel position and then every output position, the flat input position at which they meet, or -1 in the
    /// padding: a row-major table [*kernel, *outputs].
    /// </summary>
    public int[] Taps(IReadOnlyList<long> sizes, IReadOnlyList<long> outputs)
    {
        int[] taps = [0];
        var (kernels, positions) = (1, 1);
        for (var axis = 0; axis < Rank; axis++)
        {
            var (kernel, output, size) = ((int)Kernel[axis], (int)outputs[axis], sizes[axis]);
            var next = new int[checked(taps.Length * kernel * output)];
            var to = 0;
            for (var k = 0; k < kernels; k++)
            for (var inner = 0; inner < kernel; inner++)
            for (var p = 0; p < positions; p++)
            for (var step = 0; step < output; step++)
            {
                var at = step * Strides[axis] + inner * Dilations[axis] - Begins[axis];
                var outer = taps[k * positions + p];
                next[to++] = outer >= 0 && at >= 0 && at < size ? checked((int)(outer * size + at)) : -1;
            }
            (taps, kernels, positions) = (next, kernels * kernel, positions * output);
        }
        return taps;
    }

    /// <summary>For every output position, how many of the window's elements lie inside the input, or inside input and padding.</summary>
    public double[] Counts(IReadOnlyList<long> sizes, IReadOnlyList<long> outputs, bool withPadding)
    {
        double[] counts = [1];
        for (var axis = 0; axis < Rank; axis++)
        {
            var along = CountsAlong(axis, sizes[axis], outputs[axis], withPadding);
            counts = [.. counts.SelectMany(_ => along, (outer, inner) => outer * inner)];
        }
        return counts;
    }

    /// <summary>
    /// The same along one axis, for each position of the output there. The counts of all axes are multiplied.
    /// </summary>
    public double[] CountsAlong(int axis, long size, long output, bool withPadding)
    {
        var (low, high) = withPadding ? (-Begins[axis], size + Ends[axis]) : (0, size);
        var counts = new double[output];
        for (var step = 0; step < output; step++)
        {
            var first = step * Strides[axis] - Begins[axis];
            counts[step] = Math.Max(0, Before(high - first, axis) - Before(low - first, axis));
        }
        return counts;
    }

    /// <summary>How many of a window's elements lie at fewer than so many positions from its first.</summary>
    private long Before(long positions, int axis) =>
        positions <= 0 ? 0 : Math.Min(Kernel[axis], WholeNumbers.DivideUp(positions, Dilations[axis]));

    private Dim Output(Dim dim, int axis)
    {
        var (stride, padding, span) = (Strides[axis], Begins[axis] + Ends[axis], Span(axis));
        if (stride == 1 && padding == span - 1)
            return dim;
        return dim.Map(
            Size,
            string.Create(CultureInfo.InvariantCulture, $"{(RoundsUp ? "ceil" : "floor")}(({{0}}+{padding - span})/{stride})+1")
        );

        long Size(long size)
        {
            var room = size + padding - span;
            if (room < 0)
                throw new ShapeException($"a window of {span} does not fit an axis of {size} with a padding of {padding}");
            if (!RoundsUp)
                return room / stride + 1;
            var count = WholeNumbers.DivideUp(room, stride) + 1;
            return (count - 1) * stride >= size + Begins[axis] ? count - 1 : count;
        }
    }
}
