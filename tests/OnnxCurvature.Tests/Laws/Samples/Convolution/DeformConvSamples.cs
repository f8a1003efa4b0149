using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Convolution;

/// <summary>Samples of DeformConv.</summary>
internal sealed class DeformConvSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("offsets", Any(1, 2, 4, 4), Any(3, 2, 2, 2), Moves(1, 8, 3, 3));
        yield return Sample("bias and mask", Any(2, 1, 4, 3), Any(2, 1, 2, 2), Moves(2, 8, 3, 2), Any(2), Any(2, 4, 3, 2));
        yield return Sample("groups", Any(1, 4, 4, 4), Any(2, 2, 2, 2), Moves(1, 16, 3, 3)).With("group", 2).With("offset_group", 2);
        yield return Sample("padding and strides", Any(1, 1, 4, 5), Any(2, 1, 2, 2), Moves(1, 8, 3, 3))
            .With("pads", [1, 1, 1, 1])
            .With("strides", [2, 2]);
    }

    /// <summary>Offsets that lead between pixels: whole numbers and a part of 0.3 to 0.7.</summary>
    private Tensor Moves(params long[] shape)
    {
        var (whole, part) = (Integers(3, shape), Between(0.3, 0.7, shape));
        return Tensor.Of(shape, [.. part.Floats.Select((element, i) => element + whole.Integers[i] - 1)]);
    }
}
