using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>
/// A cache [B, …] with an update written into it along <c>axis</c> (default -2), in each sample from an index of its own on (without
/// indices from 0 on); in the <c>mode</c> "circular" what goes beyond the end goes on at the start. Linear in cache and update together. Of
/// opset 24, so files hold the <see cref="ScatterElements"/>.
/// </summary>
internal sealed class TensorScatter : CompositeOperator
{
    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var (cache, update) = (call.Required(0), call.Required(1));
        var (shape, rank) = (update.Type.Shape, update.Type.Rank);
        var axis = Axes.Normalize(call.Attributes.Int("axis", -2), rank);
        if (shape[axis].Known is not { } count || cache.Type.Shape[axis].Known is not { } size)
            throw new UnsupportedOperatorException(
                $"the sizes {shape[axis]} and {cache.Type.Shape[axis]} along the axis of TensorScatter are not both known; give the "
                    + $"sizes of symbolic dimensions."
            );
        var positions = Reshape.To(b, b.Vector(count, index => index), Along(axis, count));
        if (call.Input(2) is { } starts)
            positions = Add.Of(b, positions, Reshape.To(b, Cast.Of(b, starts, ElementType.Int64), Along(0, shape[0])));
        if (call.Attributes.Text("mode", "linear") == "circular")
            positions = Mod.Of(b, positions, b.Scalar(ElementType.Int64, size));
        return
        [
            Catalogue
                .Get<ScatterElements>()
                .Apply(b, [cache, Expand.Of(b, positions, shape), update], Attributes.Empty.With("axis", (long)axis))
                .Output,
        ];

        TensorShape Along(int at, Dim dim) => [.. Enumerable.Range(0, rank).Select(other => other == at ? dim : 1)];
    }
}
