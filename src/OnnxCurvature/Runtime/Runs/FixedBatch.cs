using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The samples of the data and those that a model takes at once. A model of a fixed batch runs on several batches, so its shapes are those
/// of one, and the targets of a loss have the shape of all.
/// </summary>
/// <param name="Total">The samples of the data.</param>
/// <param name="Own">The samples of a batch; <paramref name="Total"/> where the model takes any number.</param>
internal sealed record FixedBatch(long Total, long Own)
{
    /// <summary>That of a model and its data, by its inputs.</summary>
    public static FixedBatch Of(ModelGraph model, IReadOnlyDictionary<string, NpyArray> data)
    {
        var layouts = InputSamples.Of(model);
        foreach (var input in model.Inputs)
            if (
                layouts.TryGetValue(input, out var layout)
                && data.GetValueOrDefault(input.Name!)?.Shape is { } shape
                && shape.Length == input.Type.Rank
                && input.Type.Shape[layout.Axis].Known is > 0 and { } own
            )
                return new FixedBatch(shape[layout.Axis], own);
        return new FixedBatch(1, 1);
    }

    /// <summary>The shape of a value over all data; its own where that is not known.</summary>
    public TensorShape ShapeOf(TensorShape shape, SampleLayout samples) =>
        AxisOf(samples, shape.Rank > 0 && shape[0].IsOne) is { } axis && shape[axis].Known is { } size && size * Total % Own == 0
            ? shape.With(axis, size * Total / Own)
            : shape;

    /// <summary>The sizes of a value over all data.</summary>
    public long[] SizesOf(long[] sizes, SampleLayout samples) =>
        AxisOf(samples, sizes is [1, ..]) is { } axis ? [.. sizes.Select((size, at) => at == axis ? size * Total / Own : size)] : sizes;

    /// <summary>
    /// The axis along which batches lie one after another; null where there is one, or other entries lie between. Where a batch is one
    /// sample, all of a value is that sample's, so batches lie along a first axis of one even where the axis of samples is lost.
    /// </summary>
    private int? AxisOf(SampleLayout samples, bool beginsWithOne) =>
        Total == Own ? null
        : samples is { IsSeparate: true, Outer.IsOne: true } ? samples.Axis
        : samples.IsCoupled && Own == 1 && beginsWithOne ? 0
        : null;
}
