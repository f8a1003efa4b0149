using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>Arrays for the inputs of a program, checked against their types, and cut into batches along the first axis.</summary>
public sealed class DataSet
{
    private readonly ImmutableArray<(Value Input, NpyArray Array)> _arrays;
    private readonly ImmutableArray<string> _whole;

    private DataSet(ImmutableArray<(Value, NpyArray)> arrays, ImmutableArray<string> whole, long samples, long batch)
    {
        _arrays = arrays;
        _whole = whole;
        Samples = samples;
        BatchSize = batch;
    }

    /// <summary>The number of samples; 1 for inputs without a first axis.</summary>
    public long Samples { get; }

    /// <summary>The number of samples in a batch; the last batch may have fewer where the program's batch axis is symbolic.</summary>
    public long BatchSize { get; }

    /// <summary>The number of batches.</summary>
    public int Batches => (int)((Samples + BatchSize - 1) / BatchSize);

    /// <summary>
    /// The sizes that data give to symbolic dimensions, the first axis excepted unless every batch has the same size.
    /// </summary>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="data">The arrays, by name; names that are no inputs are left to <see cref="Bind"/>.</param>
    /// <param name="batchSize">The batch size that was asked for.</param>
    /// <param name="firstAxis">Whether the first axis tells anything.</param>
    public static ImmutableDictionary<string, long> Dimensions(IEnumerable<Value> inputs, IReadOnlyDictionary<string, NpyArray> data, int? batchSize, bool firstAxis = true)
    {
        var dimensions = ImmutableDictionary.CreateBuilder<string, long>();
        foreach (var input in inputs)
        {
            if (!data.TryGetValue(input.Name!, out var array) || array.Shape.Length != input.Type.Rank)
                continue;
            if (array.Count == 0)
                throw new UserErrorException($"--data '{input.Name}' has the shape [{string.Join(",", array.Shape)}] and holds no samples; give at least one.");
            for (var axis = firstAxis ? 0 : 1; axis < array.Shape.Length; axis++)
            {
                if (input.Type.Shape[axis] is not { Factor: 1, Symbols: [var symbol] })
                    continue;
                var size = axis > 0 ? array.Shape[axis] : Math.Min(array.Shape[0], batchSize ?? DefaultBatch);
                if (axis > 0 || array.Shape[0] % Math.Max(1, size) == 0)
                    dimensions[symbol] = size;
            }
        }
        return dimensions.ToImmutable();
    }

    /// <summary>The number of samples that data hold; null where no input has a first axis.</summary>
    public static long? SamplesOf(IEnumerable<Value> inputs, IReadOnlyDictionary<string, NpyArray> data) =>
        inputs.Where(input => input.Type.Rank > 0).Select(input => data.GetValueOrDefault(input.Name!)?.Shape is [var size, ..] ? size : (long?)null).FirstOrDefault(size => size is not null);

    /// <summary>The largest size, at most that which was asked for, of which samples make whole batches.</summary>
    public static int EvenBatch(long samples, long most)
    {
        var size = (int)Math.Min(samples, most);
        while (samples % size != 0)
            size--;
        return size;
    }

    /// <summary>The number of samples in the first batch, where there are as many: the model's own, else what was asked for.</summary>
    public static long BatchRows(IEnumerable<Value> inputs, int? batchSize) =>
        inputs.Select(input => input.Type.Rank > 0 ? input.Type.Shape[0].Known : null).FirstOrDefault(size => size is not null) ?? batchSize ?? DefaultBatch;

    /// <summary>
    /// Takes the arrays for a program's parameters. Throws <see cref="UserErrorException"/> for arrays that are missing, superfluous, or of
    /// another type, shape or length than the others.
    /// </summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="data">The arrays, by name.</param>
    /// <param name="batchSize">The batch size that was asked for.</param>
    /// <param name="labels">The labels of classes among the parameters, or null.</param>
    /// <param name="whole">Parameters that hold nothing for single samples, and are not cut into batches.</param>
    public static DataSet Bind(IReadOnlyList<Value> parameters, IReadOnlyDictionary<string, NpyArray> data, int? batchSize, ClassLabels? labels, ImmutableArray<string> whole)
    {
        foreach (var name in data.Keys)
            if (parameters.All(parameter => parameter.Name != name))
                throw new UserErrorException($"--data '{name}' is no input; the inputs are {string.Join(", ", parameters.Select(parameter => $"'{parameter.Name}'"))}.");
        // A model of fixed sizes that takes its data as they are makes them one batch, whichever axis the samples lie along.
        if (parameters.Any(parameter => parameter.Type.Rank > 0) && parameters.All(parameter => Fits(parameter, data)) && parameters.Where(parameter => parameter.Type.Rank > 0).Select(parameter => parameter.Type.Shape[0]).Distinct().Count() > 1)
            whole = [.. parameters.Select(parameter => parameter.Name!)];
        var arrays = ImmutableArray.CreateBuilder<(Value, NpyArray)>();
        var symbols = new Dictionary<string, (long Size, string Name)>();
        (long Size, string Name)? samples = null;
        long? fixedBatch = null;
        foreach (var parameter in parameters)
        {
            var (name, type) = (parameter.Name!, parameter.Type);
            var array = data.GetValueOrDefault(name)
                ?? throw new UserErrorException($"There is no data for the input '{name}' {type}; give it with --data {name}=FILE.npy.");
            if (!Widens(array.Element, type.Element) && !(array.Element.IsFloat() && type.Element.IsFloat()))
                throw new UserErrorException($"--data '{name}' holds {array.Element.DisplayName()}, and the input takes {type.Element.DisplayName()}; convert it.");
            if (array.Shape.Length != type.Rank)
                throw new UserErrorException($"--data '{name}' has the shape [{string.Join(",", array.Shape)}], and the input takes {type.Shape}; reshape it.");
            for (var axis = type.Rank > 0 && !whole.Contains(name) ? 1 : 0; axis < type.Rank; axis++)
            {
                var (dim, size) = (type.Shape[axis], array.Shape[axis]);
                var expected = dim.Known ?? (dim is { Factor: 1, Symbols: [var symbol] } ? symbols.TryAdd(symbol, (size, name)) ? size : symbols[symbol].Size : size);
                if (expected != size)
                    throw new UserErrorException($"--data '{name}' has the size {size} along axis {axis}, and the input {type.Shape} takes {expected} there; reshape it.");
            }
            if (type.Rank > 0 && !whole.Contains(name))
            {
                samples ??= (array.Shape[0], name);
                if (samples.Value.Size != array.Shape[0])
                    throw new UserErrorException($"--data '{name}' holds {array.Shape[0]} samples and '{samples.Value.Name}' holds {samples.Value.Size}; give as many for each, or say with --dim how long the first axes are that are not of samples.");
                fixedBatch ??= type.Shape[0].Known;
            }
            if (name == labels?.Input)
                CheckLabels(array, labels);
            arrays.Add((parameter, array));
        }
        var total = samples?.Size ?? 1;
        if (total == 0)
            throw new UserErrorException($"--data '{samples!.Value.Name}' holds no samples; give at least one.");
        var batch = fixedBatch ?? Math.Min(total, batchSize ?? DefaultBatch);
        if (fixedBatch is { } must && total % must != 0)
            throw new UserErrorException($"The model takes batches of {must} samples, and --data holds {total}; give a multiple of {must}, or a model with a symbolic batch axis.");
        if (batchSize < batch)
            throw new UserErrorException($"--batch-size {batchSize} was asked for, and the model takes batches of {batch} samples; leave it out, or give a model with a symbolic batch axis.");
        return new DataSet(arrays.ToImmutable(), whole, total, batch);
    }

    /// <summary>What became of the data: one sentence each.</summary>
    public IEnumerable<string> Notes => _arrays.Where(entry => !Widens(entry.Array.Element, entry.Input.Type.Element))
        .Select(entry => $"--data '{entry.Input.Name}' holds {entry.Array.Element.DisplayName()}, and is rounded to the {entry.Input.Type.Element.DisplayName()} that the input takes.");

    private static bool Fits(Value parameter, IReadOnlyDictionary<string, NpyArray> data) => data.TryGetValue(parameter.Name!, out var array)
        && parameter.Type.Shape.IsKnown && array.Shape.SequenceEqual(parameter.Type.Shape.Select(dim => dim.Factor));

    /// <summary>Whether every value of one type is a value of the other, of the same kind.</summary>
    private static bool Widens(ElementType from, ElementType to) => from == to || (from, to) switch
    {
        (ElementType.Float16 or ElementType.BFloat16, ElementType.Float32 or ElementType.Float64) => true,
        (ElementType.Float32, ElementType.Float64) => true,
        (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16 or ElementType.Int32 or ElementType.UInt32, ElementType.Int64) => true,
        (ElementType.Int8 or ElementType.UInt8 or ElementType.Int16 or ElementType.UInt16, ElementType.Int32) => true,
        _ => false,
    };

    /// <summary>The arrays of one batch, and its number of samples.</summary>
    public (IReadOnlyDictionary<Value, NpyArray> Arrays, long Samples) Batch(int index)
    {
        var start = index * BatchSize;
        var end = Math.Min(Samples, start + BatchSize);
        return (_arrays.ToDictionary(entry => entry.Input, entry => entry.Input.Type.Rank > 0 && !_whole.Contains(entry.Input.Name!) ? entry.Array.Rows(start, end) : entry.Array), end - start);
    }

    private static void CheckLabels(NpyArray array, ClassLabels labels)
    {
        foreach (var label in array.ToInt64s())
            if ((label < 0 || label >= labels.Classes) && label != labels.Ignored)
                throw new UserErrorException($"--data '{labels.Input}' holds the label {label}, and the labels of {labels.Classes} classes are 0 to {labels.Classes - 1}; correct the labels.");
    }

    /// <summary>The number of samples in a batch where nothing says another.</summary>
    public const int DefaultBatch = 32;
}
