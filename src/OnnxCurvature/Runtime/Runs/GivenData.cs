using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The arrays of a run: joined from their files along the axes of the samples, cut to the samples that are asked for, and without those
/// that hold NaN where these are to be left out.
/// </summary>
internal sealed class GivenData
{
    private const int Listed = 10;

    private readonly IReadOnlyDictionary<string, DataSource> _sources;
    private readonly Dictionary<string, SampleLayout> _layouts;
    private readonly bool _isCut;

    private GivenData(
        IReadOnlyDictionary<string, DataSource> sources,
        Dictionary<string, SampleLayout> layouts,
        CurvatureRunOptions options
    )
    {
        (_sources, _layouts) = (sources, layouts);
        _isCut = options.SampleRange is not null || options.SkipsBad;
        Arrays = sources.ToDictionary(entry => entry.Key, entry => entry.Value.Join(entry.Key, AxisOf(entry.Key)), StringComparer.Ordinal);
        if (!_isCut)
            return;
        var total = Total();
        Take(new SampleNumbers([(options.SampleRange ?? new SampleRange()).Of(total)]), total);
        if (options.SkipsBad)
            LeaveOutBad(options.Preparing);
    }

    /// <summary>The arrays by name.</summary>
    public IReadOnlyDictionary<string, NpyArray> Arrays { get; private set; }

    /// <summary>The samples of the files that are taken; null for all.</summary>
    public SampleNumbers? Numbers { get; private set; }

    /// <summary>Notes for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes { get; private set; } = [];

    /// <summary>Joins and cuts. Throws <see cref="UserErrorException"/> for files or samples that do not fit.</summary>
    /// <param name="source">How the model was loaded.</param>
    /// <param name="model">The model.</param>
    /// <param name="data">The data by name.</param>
    /// <param name="options">The options of samples.</param>
    public static GivenData Of(
        ModelSource source,
        OnnxModel model,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options
    )
    {
        var found = InputSamples.Of(model.Graph);
        var inputs = model.Inputs.ToDictionary(input => input.Name!, StringComparer.Ordinal);
        var whole = AugmentedMetadata.Read(model.Metadata)?.Uncut ?? [];
        var target = source.Request is { } request ? LossBuilder.TargetName(model.Graph, request.Loss.Kind) : null;
        return new GivenData(data, data.Keys.ToDictionary(name => name, LayoutOf, StringComparer.Ordinal), options);

        SampleLayout LayoutOf(string name)
        {
            if (inputs.TryGetValue(name, out var input))
                return source.Request is not null ? found.GetValueOrDefault(input)
                    : input.Type.Rank == 0 || whole.Contains(name) ? SampleLayout.None
                    : SampleLayout.At(0);
            var vector = VectorInput.Of(name);
            if (name == target || vector is { IsCotangent: true })
                return SampleLayout.At(0);
            return vector is { Target: { } derived } && inputs.TryGetValue(derived, out var value)
                ? found.GetValueOrDefault(value)
                : SampleLayout.None;
        }
    }

    /// <summary>
    /// Throws <see cref="UserErrorException"/> where files were joined, or samples taken, along another axis than that on which samples
    /// turn out to lie.
    /// </summary>
    public void Check(IReadOnlyDictionary<string, SampleLayout> planned)
    {
        foreach (var (name, source) in _sources)
            if (
                (source.IsJoined || _isCut)
                && planned.TryGetValue(name, out var layout)
                && layout.IsSeparate
                && (layout.Axis != AxisOf(name) || !_layouts[name].IsSeparate)
            )
                throw new UserErrorException(
                    $"The samples of {Names.Data(name)} lie along axis {layout.Axis}, which is known only when its files are joined and "
                        + $"cut along axis {AxisOf(name)}; save it as one file with the samples that are wanted."
                );
    }

    /// <summary>How samples are named in messages.</summary>
    public SampleNames Names =>
        new()
        {
            Numbers = Numbers,
            Files = name => _sources.TryGetValue(name, out var source) ? source.Named : null,
            Locate = (name, number) =>
                _sources.TryGetValue(name, out var source) && source.IsJoined && _layouts[name] is { IsWhole: true } layout
                    ? source.Locate(layout.Axis, number)
                    : null,
        };

    private int AxisOf(string name) => _layouts[name] is { IsSeparate: true } layout ? layout.Axis : 0;

    private long Total()
    {
        foreach (var (name, layout) in _layouts)
            if (layout.IsSeparate && Arrays[name].Shape.Length > layout.Axis)
                return Arrays[name].Shape[layout.Axis] / (layout.Inner.Known ?? 1);
        throw new UserErrorException("--samples, --limit and --skip-bad are of samples, and no input holds any; leave them out.");
    }

    private void Take(SampleNumbers numbers, long total)
    {
        Numbers = numbers;
        var arrays = new Dictionary<string, NpyArray>(StringComparer.Ordinal);
        foreach (var (name, array) in Arrays)
            arrays[name] = _layouts[name].IsSeparate && array.Shape.Length > AxisOf(name) ? Cut(name, array, numbers, total) : array;
        Arrays = arrays;
    }

    private NpyArray Cut(string name, NpyArray array, SampleNumbers numbers, long total)
    {
        var axis = AxisOf(name);
        if (!_layouts[name].Outer.IsOne || array.Shape[axis] % total != 0)
            throw new UserErrorException(
                $"{Names.Data(name)} has {array.Shape[axis]} positions along axis {axis}, of which those of some of the {total} samples "
                    + "cannot be taken; give as many for each sample, one sample after the other."
            );
        return numbers.Ranges is [(0, var end)] && end == total
            ? array
            : new NpyArray(new ArrayPositions(array, axis, numbers.Positions(array.Shape[axis] / total)));
    }

    private void LeaveOutBad(IProgress<RunProgress>? progress)
    {
        var (taken, bad) = (Numbers!, new SortedSet<long>());
        foreach (var (name, array) in Arrays)
            if (_layouts[name].IsSeparate && array.MayHoldNaN && array.Shape.Length > AxisOf(name))
                bad.UnionWith(NumberCheck.Samples(name, array, AxisOf(name), array.Shape[AxisOf(name)] / taken.Count, progress));
        if (bad.Count == 0)
            return;
        if (bad.Count == taken.Count)
            throw new UserErrorException("Every sample holds NaN, so --skip-bad leaves none; mend the data.");
        Notes =
        [
            $"{bad.Count} of {taken.Count} samples hold NaN and are left out: "
                + string.Join(", ", bad.Take(Listed).Select(taken.InFiles))
                + (bad.Count > Listed ? ", …" : "")
                + "; results are those of the others.",
        ];
        var kept = new SampleNumbers([(0, taken.Count)]).Without(bad);
        Take(kept, taken.Count);
        Numbers = taken.Without(bad);
    }
}
