using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// Arrays for the inputs of a program, checked against their types, of which batches are cut along the axes on which samples lie.
/// </summary>
internal sealed class DataSet
{
    private readonly ImmutableArray<(Value Input, NpyArray Array, SampleLayout Samples)> _arrays;

    private readonly SampleNames _names;

    private DataSet(ImmutableArray<(Value, NpyArray, SampleLayout)> arrays, long samples, long batch, SampleNames names)
    {
        (_arrays, _names) = (arrays, names);
        Samples = samples;
        BatchSize = batch;
    }

    /// <summary>The number of samples; 1 where no input holds any.</summary>
    public long Samples { get; }

    /// <summary>The number of samples in a batch; the last batch may have fewer where the program takes any number.</summary>
    public long BatchSize { get; }

    /// <summary>The number of batches.</summary>
    public int Batches => (int)((Samples + BatchSize - 1) / BatchSize);

    /// <summary>The sizes that data give to symbolic dimensions; that of the samples only where every batch has the same.</summary>
    /// <param name="model">The model, which knows where samples lie in its inputs.</param>
    /// <param name="data">The arrays, by name; names that are no inputs are left to <see cref="Bind"/>.</param>
    /// <param name="batchSize">The number of samples in a batch; null where that is not known yet.</param>
    public static ImmutableDictionary<string, long> Dimensions(
        ModelGraph model,
        IReadOnlyDictionary<string, NpyArray> data,
        long? batchSize
    )
    {
        var layouts = InputSamples.Of(model);
        var dimensions = ImmutableDictionary.CreateBuilder<string, long>();
        foreach (var input in model.Inputs)
        {
            if (!data.TryGetValue(input.Name!, out var array) || array.Shape.Length != input.Type.Rank)
                continue;
            if (array.Count == 0)
                throw new UserErrorException(
                    $"--data '{input.Name}' has the shape [{string.Join(",", array.Shape)}] and holds no " + $"samples; give at least one."
                );
            var samples = layouts.TryGetValue(input, out var layout) ? layout.Axis : -1;
            for (var axis = 0; axis < array.Shape.Length; axis++)
                if (
                    input.Type.Shape[axis] is { Factor: 1, Symbols: [var symbol] }
                    && SizeOf(array.Shape[axis], axis == samples) is { } size
                )
                    dimensions[symbol.Name] = size;
        }
        return dimensions.ToImmutable();

        long? SizeOf(long size, bool isOfSamples) =>
            !isOfSamples ? size
            : batchSize is not { } batch ? null
            : size <= batch ? size
            : size % batch == 0 ? batch
            : null;
    }

    /// <summary>The largest size, at most that which was asked for, of which samples make whole batches.</summary>
    public static long EvenBatch(long samples, long most)
    {
        var size = Math.Min(samples, most);
        while (samples % size != 0)
            size--;
        return size;
    }

    /// <summary>
    /// Takes the arrays for a program's parameters. Throws <see cref="UserErrorException"/> for arrays that are missing, superfluous, or of
    /// another type, shape or length than the others.
    /// </summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="data">The arrays, by name.</param>
    /// <param name="layouts">Where samples lie in the parameters, by name; those without samples are the same for every batch.</param>
    /// <param name="batchSize">The number of samples in a batch.</param>
    /// <param name="labels">The labels of classes among the parameters, or null.</param>
    /// <param name="refusesNaN">Whether data that hold NaN are refused, since results would hold NaN, too.</param>
    /// <param name="names">How samples are named; null for their numbers.</param>
    /// <param name="progress">Receives how much of an array has been looked through; null for nothing.</param>
    internal static DataSet Bind(
        IReadOnlyList<Value> parameters,
        IReadOnlyDictionary<string, NpyArray> data,
        IReadOnlyDictionary<string, SampleLayout> layouts,
        long batchSize,
        ClassLabels? labels,
        bool refusesNaN = true,
        SampleNames? names = null,
        IProgress<RunProgress>? progress = null
    )
    {
        names ??= SampleNames.Plain;
        foreach (var name in data.Keys)
            if (parameters.All(parameter => parameter.Name != name))
                throw new UserErrorException(
                    $"--data '{name}' is no input; the inputs are "
                        + $"{string.Join(", ", parameters.Select(parameter => $"'{parameter.Name}'"))}."
                );
        var arrays = ImmutableArray.CreateBuilder<(Value, NpyArray, SampleLayout)>();
        var symbols = new Dictionary<string, long>();
        var fits = parameters.All(parameter =>
            parameter.Type.Shape.IsKnown && data.GetValueOrDefault(parameter.Name!)?.Shape.SequenceEqual(parameter.Type.Shape.Sizes) == true
        );
        (long Size, string Name)? samples = null;
        foreach (var parameter in parameters)
        {
            var (name, layout) = (parameter.Name!, layouts[parameter.Name!]);
            var array =
                data.GetValueOrDefault(name)
                ?? throw new UserErrorException(
                    $"There is no data for the input '{name}' {parameter.Type}; give it with --data {name}=FILE.npy."
                );
            CheckForm(array, parameter.Type, layout, symbols, names.Data(name));
            if (layout.IsSeparate)
            {
                var size = array.Shape[layout.Axis];
                samples ??= (size / (layout.Inner.Known ?? 1), name);
                // A model of fixed sizes that takes its data as they are makes them one batch, whichever axes the samples lie along.
                var isWhole = layout.Inner.Known is { } inner
                    ? samples.Value.Size * inner == size
                    : samples.Value.Size == 0 || size % samples.Value.Size == 0;
                if (!fits && !isWhole)
                    throw new UserErrorException(
                        $"{names.Data(name)} holds {size} samples and {names.Data(samples.Value.Name)} holds "
                            + $"{samples.Value.Size}; give as many for each, or say with --samples-axis {name}=none that it holds none."
                    );
            }
            if (name == labels?.Input)
                LabelRange.Check(array, labels, layout, names);
            if (refusesNaN && array.MayHoldNaN)
                NumberCheck.Refuse(name, array, layout.IsSeparate ? layout.Axis : null, layout.Inner.Known ?? 1, names, progress);
            arrays.Add((parameter, array, layout));
        }
        if (samples is { Size: 0, Name: var empty })
            throw WithoutSamples(empty);
        var total = samples?.Size ?? 1;
        var batch = Math.Min(total, batchSize);
        foreach (var (parameter, _, layout) in arrays)
            if (
                !fits
                && layout.IsSeparate
                && parameter.Type.Shape[layout.Axis].Known is { } own
                && own != batch * (layout.Inner.Known ?? 1)
            )
                throw new UserErrorException(
                    $"The input '{parameter.Name}' {parameter.Type.Shape} takes {own} along axis "
                        + $"{layout.Axis}, and a batch has {batch} samples; give data of that size."
                );
        return new DataSet(arrays.ToImmutable(), total, batch, names);
    }

    /// <summary>
    /// Throws <see cref="UserErrorException"/> for an array whose element type, rank or sizes, but that of the samples, an input does not
    /// take. Symbols that are met for the first time get their sizes.
    /// </summary>
    private static void CheckForm(NpyArray array, TensorType type, SampleLayout layout, Dictionary<string, long> symbols, string called)
    {
        if (!Widens(array.Element, type.Element) && !(array.Element.IsFloat() && type.Element.IsFloat()))
            throw new UserErrorException(
                $"{called} holds {array.Element.DisplayName()}, and the input takes "
                    + $"{type.Element.DisplayName()}; convert it{(type.Element.IsFloat() ? ", or give --scale" : "")}."
            );
        if (array.Shape.Length != type.Rank)
            throw new UserErrorException(
                $"{called} has the shape [{string.Join(",", array.Shape)}], and the input takes {type.Shape}; reshape it."
            );
        for (var axis = 0; axis < type.Rank; axis++)
        {
            if (layout.IsSeparate && layout.Axis == axis)
                continue;
            var (dim, size) = (type.Shape[axis], array.Shape[axis]);
            var symbol = dim is { Factor: 1, Symbols: [var single] } ? single.Name : null;
            if (symbol is not null)
                symbols.TryAdd(symbol, size);
            var expected = dim.Known ?? (symbol is null ? size : symbols[symbol]);
            if (expected != size)
                throw new UserErrorException(
                    $"{called} has the size {size} along axis {axis}, and the input {type.Shape} "
                        + $"takes {expected} there; {Remedy(array.Shape, type.Shape, layout)}."
                );
        }
    }

    /// <summary>Notes on the data, one sentence each.</summary>
    public IEnumerable<string> Notes =>
        _arrays
            .Where(entry => !Widens(entry.Array.Element, entry.Input.Type.Element))
            .Select(entry =>
                $"{_names.Data(entry.Input.Name!)} holds {entry.Array.Element.DisplayName()}, and is rounded to the "
                + $"{entry.Input.Type.Element.DisplayName()} that the input takes."
            );

    /// <summary>
    /// How an array may be made to fit. Where it has the sizes of the input in another order, as images with their channels last,
    /// reshaping it would put entries where they do not belong.
    /// </summary>
    private static string Remedy(long[] sizes, TensorShape wanted, SampleLayout samples)
    {
        var left = sizes.Where((_, axis) => !samples.IsSeparate || axis != samples.Axis).ToList();
        Dim[] known = [.. wanted.Where((dim, axis) => dim.IsKnown && !(samples.IsSeparate && axis == samples.Axis))];
        var isOtherOrder = known.Length > 0 && known.All(dim => left.Remove(dim.Factor));
        return isOtherOrder ? "transpose it, since its sizes are those of the input in another order" : "reshape it";
    }

    /// <summary>Whether every value of one type is a value of the other, of the same kind.</summary>
    private static bool Widens(ElementType from, ElementType to) =>
        from == to
        || (from, to) switch
        {
            (ElementType.Float16 or ElementType.BFloat16, ElementType.Float32 or ElementType.Float64) => true,
            (ElementType.Float32, ElementType.Float64) => true,
            (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16, ElementType.Int64) => true,
            (ElementType.Int32 or ElementType.UInt32, ElementType.Int64) => true,
            (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16, ElementType.Int32) => true,
            _ => false,
        };

    /// <summary>The arrays of one batch, and its number of samples.</summary>
    public (IReadOnlyDictionary<Value, NpyArray> Arrays, long Samples) Batch(int index)
    {
        var start = index * BatchSize;
        var end = Math.Min(Samples, start + BatchSize);
        return (_arrays.ToDictionary(entry => entry.Input, entry => Cut(entry.Array, entry.Samples, start, end)), end - start);
    }

    /// <summary>A sentence about a batch whose result is not finite; empty where there is one batch only.</summary>
    public string Where(int index) =>
        Batches == 1
            ? ""
            : $" That is in batch {index + 1} of {Batches}, samples {_names.InFiles(index * BatchSize)} to "
                + $"{_names.InFiles(Math.Min(Samples, (index + 1) * BatchSize) - 1)} "
                + $"counted from 0; {(index == 0 ? "nothing" : $"the {index} before it gave numbers, and nothing")} is written.";

    private NpyArray Cut(NpyArray array, SampleLayout samples, long start, long end)
    {
        if (!samples.IsSeparate || Batches == 1)
            return array;
        var each = array.Shape[samples.Axis] / Samples;
        return array.Slice(samples.Axis, start * each, end * each);
    }

    /// <summary>The refusal of an array that holds no samples.</summary>
    public static UserErrorException WithoutSamples(string name) => new($"--data '{name}' holds no samples; give at least one.");
}
