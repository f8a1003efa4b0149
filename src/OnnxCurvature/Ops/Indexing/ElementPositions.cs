using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Evaluation;

namespace OnnxCurvature.Ops.Indexing;

/// <summary>The common part of GatherElements and ScatterElements: a tensor of indices along an axis, one for each place.</summary>
internal static class ElementPositions
{
    /// <summary>For each place of the indices the flat position in data that it points to.</summary>
    public static int[] Of(ImmutableArray<long> data, Tensor indices, int axis)
    {
        var strides = Strided.Strides(data.AsSpan());
        var others = (long[])strides.Clone();
        others[axis] = 0;
        var positions = Strided.Positions(indices.Shape.AsSpan(), others);
        for (var i = 0; i < positions.Length; i++)
            positions[i] += (int)((indices.Integers[i] < 0 ? indices.Integers[i] + data[axis] : indices.Integers[i]) * strides[axis]);
        return positions;
    }

    /// <summary>
    /// The sample axis of the output: that of all inputs, which must not be the axis of the indices and must be of one size in all. Indices
    /// that do not depend on the samples gather in every sample by themselves.
    /// </summary>
    public static SampleLayout Samples(Node node, ImmutableArray<SampleLayout> inputs, int axis)
    {
        if (inputs.Where(input => input.IsSeparate).Distinct().ToArray() is not [var common] || common.Axis == axis)
            return SampleLayout.Coupled;
        return node.Inputs.All(input => input!.Type.Shape[common.Axis] == node.Output.Type.Shape[common.Axis])
            ? common
            : SampleLayout.Coupled;
    }
}
