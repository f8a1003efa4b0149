namespace OnnxCurvature.Ops;

/// <summary>How ONNX Runtime's CPU provider lays out the weight of a node.</summary>
internal enum WeightPacking
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>In a copy that lasts for a product.</summary>
    Passing,

    /// <summary>In blocks of channels, in a copy that is kept; inputs and outputs are copied into and out of the same layout.</summary>
    Kept,
}
