using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The facts that the data of the loss's target decide of the loss, and these data as the target's input takes them.</summary>
internal static class LossTargets
{
    /// <summary>
    /// The request with what its data say, and the data. Targets may be booleans or integers, and have more or fewer axes of size one
    /// than the input. Throws <see cref="UserErrorException"/> for targets that do not fit.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="data">The arrays, by name.</param>
    /// <param name="sized">The model with the sizes of all data, which is loaded where these matter.</param>
    /// <param name="names">How data and samples are named.</param>
    public static (CurvatureRequest Request, IReadOnlyDictionary<string, NpyArray> Data) Of(
        Lazy<ModelGraph> sized,
        ModelGraph model,
        CurvatureRequest request,
        IReadOnlyDictionary<string, NpyArray> data,
        SampleNames names
    )
    {
        if (request.Loss.Kind is LossKind.Sum or LossKind.Value)
            return (request, data);
        var name = LossBuilder.TargetName(model, request.Loss.Kind);
        if (!data.TryGetValue(name, out var array))
            return (request, data);
        (request, array) =
            request.Loss.Kind == LossKind.CrossEntropy
                ? new LabelData(name, array, request, sized, FixedBatch.Of(model, data), names).Resolve(model)
                : (request, Entries(name, array, request.Loss, model, sized, names));
        return (request, data.ToImmutableDictionary().SetItem(name, array));
    }

    /// <summary>The model with the sizes of all data.</summary>
    public static Lazy<ModelGraph> Sized(ModelSource source, ModelGraph model, IReadOnlyDictionary<string, NpyArray> data) =>
        new(() =>
        {
            var dimensions = DataSet.Dimensions(model, data, long.MaxValue).SetItems(source.Dimensions);
            return (source with { Dimensions = dimensions }).Load().Graph;
        });

    /// <summary>An array with other axes of size one, as a shape has them; itself where it has other sizes.</summary>
    public static NpyArray Shaped(NpyArray array, TensorShape shape) =>
        !shape.IsKnown || array.Shape.SequenceEqual(shape.Sizes) || !array.Shape.Where(IsLong).SequenceEqual(shape.Sizes.Where(IsLong))
            ? array
            : array.Reshaped([.. shape.Sizes]);

    private static bool IsLong(long size) => size != 1;

    private static NpyArray Entries(
        string name,
        NpyArray array,
        LossRequest loss,
        ModelGraph model,
        Lazy<ModelGraph> sized,
        SampleNames names
    )
    {
        var z = LossBuilder.Find(model, loss.Value);
        if (array.Shape.Length != z.Type.Rank)
            array = Shaped(array, LossBuilder.Find(sized.Value, loss.Value).Type.Shape);
        if (array.Element.IsFloat() || !z.Type.Element.IsFloat())
            return array;
        if (
            loss.Kind == LossKind.BinaryCrossEntropy
            && array.Elements().Select(entry => entry.Element).FirstOrDefault(value => value is < 0 or > 1) is not 0 and var other
        )
            throw new UserErrorException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{names.Data(name)} holds {other}, and targets of binary-cross-entropy are from 0 to 1; correct them."
                )
            );
        // Every integer of 16 bits is a float32, so a large array need not be read to be converted.
        if (!array.IsInMemory && array.Element.Size() <= sizeof(short) && z.Type.Element == ElementType.Float32)
            return new NpyArray(new ScaledArray(array, new Scaling(), 0));
        var values = array.ToDoubles();
        var floats = NpyArray.Of(z.Type.Element, array.Shape, values);
        // Integers that the type cannot hold are left to the check of types.
        return floats.ToDoubles().SequenceEqual(values) ? floats : array;
    }
}
