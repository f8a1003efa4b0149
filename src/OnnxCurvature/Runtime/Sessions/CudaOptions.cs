namespace OnnxCurvature.Runtime.Sessions;

/// <summary>How CUDA is used.</summary>
public sealed record CudaOptions
{
    /// <summary>The number of the device.</summary>
    public int Device { get; init; }

    /// <summary>The most bytes of the device's memory that ONNX Runtime may take; null for all there is.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>
    /// Whether products may round their factors to the ten bits of TF32: faster, but too coarse for most second derivatives.
    /// </summary>
    public bool AllowTf32 { get; init; }

    /// <summary>How cuDNN looks for the algorithm of a convolution: one of <see cref="Searches"/>.</summary>
    public string ConvolutionSearch { get; init; } = "exhaustive";

    /// <summary>
    /// A library of ONNX Runtime's plug-in interface that provides CUDA; null takes the provider that ONNX Runtime brings.
    /// </summary>
    public string? ProviderLibrary { get; init; }

    /// <summary>
    /// The values of <see cref="ConvolutionSearch"/>: all algorithms are tried, or cuDNN guesses, or takes the same always.
    /// </summary>
    public static IReadOnlyList<string> Searches { get; } = ["exhaustive", "heuristic", "default"];

    /// <summary>The options as ONNX Runtime names them.</summary>
    internal Dictionary<string, string> ForProvider()
    {
        var options = new Dictionary<string, string>
        {
            ["device_id"] = Device.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["use_tf32"] = AllowTf32 ? "1" : "0",
            ["cudnn_conv_algo_search"] = ConvolutionSearch.ToUpperInvariant(),
        };
        if (MemoryBytes is { } bytes)
        {
            options["gpu_mem_limit"] = bytes.ToString(System.Globalization.CultureInfo.InvariantCulture);
            // Growing by powers of two would meet the limit long before it is needed.
            options["arena_extend_strategy"] = "kSameAsRequested";
        }
        return options;
    }
}
