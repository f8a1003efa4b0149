namespace OnnxCurvature.Ops;

/// <summary>Where ONNX Runtime computes; it says which kernels there are.</summary>
public enum ExecutionProvider
{
    /// <summary>A processor.</summary>
    Cpu,

    /// <summary>A graphics processor of NVIDIA.</summary>
    Cuda,
}
