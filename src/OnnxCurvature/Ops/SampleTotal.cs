namespace OnnxCurvature.Ops;

/// <summary>The role of N samples in a value that is put together of one part for each.</summary>
internal enum SampleTotal
{
    /// <summary>Σₙ fₙ, where fₙ depends on sample n alone and in the same way for all.</summary>
    Sum,

    /// <summary>1/N Σₙ fₙ.</summary>
    Mean,
}
