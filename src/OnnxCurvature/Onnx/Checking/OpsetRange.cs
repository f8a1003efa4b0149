namespace OnnxCurvature.Onnx.Checking;

/// <summary>The opsets of ai.onnx that models are written in.</summary>
internal static class OpsetRange
{
    /// <summary>The lowest opset that a model is written in, unless a lower one is asked for.</summary>
    public const int Lowest = 13;

    /// <summary>
    /// The lowest opset that can be asked for: older readers take it. The nodes that are written must fit its table of operators.
    /// </summary>
    public const int LowestOnRequest = 11;

    /// <summary>The highest opset that a model is written in.</summary>
    public const int Highest = 21;

    /// <summary>
    /// The highest opset that is written where a type or an operator is that new, the newest that ONNX Runtime runs. Since opset 21
    /// no operator that is written has lost or changed anything, but ONNX Runtime has fewer kernels of newer opsets.
    /// </summary>
    public const int Newest = 26;
}
