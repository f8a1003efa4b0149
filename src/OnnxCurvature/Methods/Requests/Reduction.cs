namespace OnnxCurvature.Methods.Requests;

/// <summary>How the losses of single samples (or entries) become one.</summary>
public enum Reduction
{
    /// <summary>Their mean: over the samples for cross-entropy, over all entries for mse and binary cross-entropy.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,
}
