using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Ops.Attention;

/// <summary>
/// Pairs (u, v) of entries of x, [N, heads, positions, D] or [N, positions, heads * D], turned by an angle of their own at each position:
/// (u cos - v sin, u sin + v cos). A pair lies side by side where <c>interleaved</c> is 1, else half the turned entries apart. Inputs: x,
/// the caches of cosines and sines, and the rows of the caches [N, positions]; without these the caches are [N, positions, D/2]. Of opset
/// 23, so files hold what it is made of.
/// </summary>
internal sealed class RotaryEmbedding : CompositeOperator
{
    /// <inheritdoc/>
    /// <remarks>The sines and cosines of positions are a part of the rotation.</remarks>
    public override ConstantRole RoleOf(Node node, int input) => input == 0 ? base.RoleOf(node, input) : ConstantRole.Formula;

    /// <inheritdoc/>
    protected override bool IsNewerThanFiles => true;

    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call) => [Parts(b, call)];

    /// <summary>The output, put together from other operators.</summary>
    internal Value Parts(GraphBuilder b, OperatorCall call)
    {
        var x = call.Required(0);
        var given = x.Type.Shape;
        // To [N, positions, heads, D], so that an angle broadcasts over the heads.
        if (given.Rank == 3)
        {
            var heads = call.Attributes.Int("num_heads", 0);
            var width =
                (heads > 0 ? given[2].DividedBy(heads) : null)
                ?? throw new UnsupportedOperatorException($"RotaryEmbedding cannot split the last axis of {given} into {heads} heads.");
            x = Reshape.To(b, x, [given[0], given[1], heads, width]);
        }
        else
            x = TransposeAxes.Of(b, x, 0, 2, 1, 3);
        var size =
            x.Type.Shape[3].Known
            ?? throw new UnsupportedOperatorException(
                $"the size {x.Type.Shape[3]} of the heads is not known; give the sizes of symbolic dimensions."
            );
        var turned = call.Attributes.Int("rotary_embedding_dim", 0) is var part and > 0 ? part : size;
        var half = turned / 2;
        var interleaved = call.Attributes.Int("interleaved", 0) != 0;
        var (u, v) = (Half(0), Half(1));
        var (cos, sin) = (Angle(1), Angle(2));
        var (first, second) = (u * cos - v * sin, u * sin + v * cos);
        var shape = x.Type.Shape;
        var y = interleaved
            ? Reshape.To(b, Concat.Of(b, [Reshape.InsertAxis(b, first, 4), Reshape.InsertAxis(b, second, 4)], 4), shape.With(3, turned))
            : Concat.Of(b, [first, second], 3);
        if (turned < size)
            y = Concat.Of(b, [y, Slice.Of(b, x, 3, turned, size)], 3);
        return given.Rank == 3 ? Reshape.To(b, y, given) : TransposeAxes.Of(b, y, 0, 2, 1, 3);

        Expr Half(int which) =>
            new(b, interleaved ? Slice.Of(b, x, [3], [which], [turned], [2]) : Slice.Of(b, x, 3, which * half, (which + 1) * half));

        // [N, positions, 1, half].
        Expr Angle(int input)
        {
            var cache = call.Required(input);
            var rows = call.Input(3) is { } positions ? Gather.Of(b, cache, positions, 0) : cache;
            return new(b, Reshape.InsertAxis(b, Slice.Of(b, rows, 2, 0, half), 2));
        }
    }

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 3 * size(node.Output.Type.Shape.Elements);
}
