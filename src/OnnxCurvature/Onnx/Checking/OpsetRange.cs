namespace OnnxCurvature.Onnx.Checking;

/// <summary>The opsets of ai.onnx that models are written in.</summary>
public static class OpsetRange
{
    /// <summary>The lowest opset that a model is written in.</summary>
    public const int Lowest = 13;

    /// <summary>The highest opset that a model is written in.</summary>
    public const int Highest = 21;

    /// <summary>
    /// The highest opset that is written where a type or an operator is that new, the newest that ONNX Runtime runs. Since opset 21
    /// no operator that is written has lost or changed anything, but ONNX Runtime has fewer kernels of newer opsets.
    /// </summary>
    public const int Newest = 26;
}
