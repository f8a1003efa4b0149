using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Structure;

/// <summary>
/// x cut, or filled up with zeros, on both sides of <c>axes</c> (default: all) until these have given sizes; of an odd number the greater
/// half goes to the end. Linear. Inputs: x, sizes.
/// </summary>
internal sealed class CenterCropPad : CompositeOperator
{
    /// <inheritdoc/>
    protected override ImmutableArray<Value?> Lower(GraphBuilder b, OperatorCall call)
    {
        var y = call.Required(0);
        var sizes = call.ConstantIntegers(1) ?? throw new UnsupportedOperatorException("CenterCropPad lacks its sizes.");
        var rank = y.Type.Rank;
        var axes = call.Attributes.Ints("axes") is { } given
            ? given.Select(axis => Axes.Normalize(axis, rank)).ToArray()
            : [.. Enumerable.Range(0, rank)];
        if (sizes.Length != axes.Length || sizes.Any(size => size < 0))
            throw new UnsupportedOperatorException($"CenterCropPad has the sizes [{string.Join(",", sizes)}] for {axes.Length} axes.");
        var pads = new long[2 * rank];
        foreach (var (index, axis) in axes.Index())
        {
            var size =
                y.Type.Shape[axis].Known
                ?? throw new UnsupportedOperatorException(
                    $"the size {y.Type.Shape[axis]} of an axis that CenterCropPad changes is not known; give the sizes of symbolic "
                        + $"dimensions."
                );
            var (start, more) = ((size - sizes[index]) / 2, sizes[index] - size);
            if (more < 0)
                y = Slice.Of(b, y, axis, start, start + sizes[index]);
            else
                (pads[axis], pads[rank + axis]) = (more / 2, more - more / 2);
        }
        return [Pad.Of(b, y, pads)];
    }

    /// <inheritdoc/>
    public override int MinimumOpset(Node node) => 18;

    /// <inheritdoc/>
    public override double Flops(Node node, Func<Dim, double> size) => 0;
}
