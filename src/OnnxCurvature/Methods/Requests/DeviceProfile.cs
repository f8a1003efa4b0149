namespace OnnxCurvature.Methods.Requests;

/// <summary>The speed of a CUDA device. The figures were measured with ONNX Runtime 1.29 and cuDNN 9 on an H100.</summary>
internal sealed record DeviceProfile
{
    /// <summary>Floating-point operations in a second in large matrix products in float32.</summary>
    public double ProductFlops { get; init; } = 45e12;

    /// <summary>Bytes that are read and written in a second.</summary>
    public double BytesPerSecond { get; init; } = 1e12;

    /// <summary>Seconds that the nodes of a product at nonzero channels take by themselves.</summary>
    public double LinkSeconds { get; init; } = 300e-6;

    /// <summary>Convolutions whose output has more bytes than this are taken by slower algorithms.</summary>
    public double ConvolutionBytes { get; init; } = 512 << 20;
}
