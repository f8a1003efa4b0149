using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Microsoft;

/// <summary>Samples of operators of ONNX Runtime's own domain.</summary>
internal abstract class MicrosoftSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override string Domain => "com.microsoft";

    /// <summary>32-bit integers that are known at run time.</summary>
    protected static SampleInput Int32s(long[] shape, params long[] elements) => Fixed(Tensor.Of(ElementType.Int32, shape, elements));
}
