using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws.Samples.Random;

/// <summary>Samples of RandomUniform.</summary>
internal sealed class RandomUniformSamples : OperatorSamples
{
    /// <inheritdoc/>
    public override IEnumerable<OperatorSample> All()
    {
        yield return Sample("a shape").With("shape", [2, 3]);
        yield return Sample("a seed and a type").With("shape", [4]).With("seed", 3.0).With("dtype", (long)ElementType.Float64);
    }
}
