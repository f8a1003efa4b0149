using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Pooling;

/// <summary>Samples of MaxUnpool.</summary>
internal sealed class MaxUnpoolSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample(
                "positions of windows side by side",
                Any(2, 1, 2, 2),
                Fixed(Tensor.Of(ElementType.Int64, [2, 1, 2, 2], [5L, 7, 8, 10, 17, 19, 28, 30]))
            )
            .With("kernel_shape", [2, 2])
            .With("strides", [2, 2]);
        yield return Sample(
                "a shape",
                Any(1, 2, 2, 1),
                Fixed(Tensor.Of(ElementType.Int64, [1, 2, 2, 1], [1L, 8, 16, 22])),
                Vector(1, 2, 4, 3)
            )
            .With("kernel_shape", [2, 2])
            .With("strides", [2, 2]);
    }
}
