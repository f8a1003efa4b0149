using System.CommandLine;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Where a run is computed: the provider, the options of CUDA, and the place of ONNX Runtime.</summary>
internal sealed class DeviceArguments() : OptionGroup("Device")
{
    public Option<string?> Provider { get; } =
        new("--provider")
        {
            HelpName = "cpu|cuda|auto",
            Description = "Where ONNX Runtime computes. auto takes CUDA where it can be had, and says so [default: cpu].",
            CustomParser = Parsers.Word("--provider", "cpu", "cuda", "auto"),
        };

    public Option<int?> Device { get; } =
        new("--device")
        {
            HelpName = "N",
            Description = "The number of the CUDA device [default: 0].",
            CustomParser = Parsers.Integer("--device", 0),
        };

    public Option<long> Memory { get; } =
        new("--device-memory")
        {
            HelpName = "SIZE",
            Description = "The most memory of the device for ONNX Runtime. For instance 8G [default: all].",
            CustomParser = Parsers.Size("--device-memory"),
        };

    public Option<bool> Tf32 { get; } =
        new("--tf32")
        {
            Description = "Let CUDA round the factors of products to TF32. That is faster and much less exact [default: off].",
        };

    public Option<string?> Search { get; } =
        new("--conv-search")
        {
            HelpName = "HOW",
            Description =
                "How cuDNN looks for a convolution's algorithm. exhaustive tries all, heuristic guesses, default takes always "
                + "the same [default: exhaustive].",
            CustomParser = Parsers.Word("--conv-search", [.. CudaOptions.Searches]),
        };

    public Option<string?> Library { get; } =
        new("--provider-library")
        {
            HelpName = "PATH",
            Description =
                "A plug-in library that provides CUDA. It has ONNX Runtime's plug-in interface [default: the provider of ONNX Runtime "
                + "itself].",
        };

    public Option<string?> OnnxRuntime { get; } =
        new("--onnxruntime")
        {
            HelpName = "PATH",
            Description = "Another ONNX Runtime: its library or folder [default: the one that comes with the tool].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Provider, Device, Memory, Tf32, Search, Library, OnnxRuntime];

    /// <summary>Where ONNX Runtime computes; null for CUDA where it can be had.</summary>
    public ExecutionProvider? ProviderOf(ParseResult parsed) =>
        parsed.GetValue(Provider) switch
        {
            "cuda" => ExecutionProvider.Cuda,
            "auto" => null,
            _ => ExecutionProvider.Cpu,
        };

    /// <summary>How CUDA is used.</summary>
    public CudaOptions CudaOf(ParseResult parsed) =>
        new()
        {
            Device = parsed.GetValue(Device) ?? 0,
            MemoryBytes = parsed.GetResult(Memory) is null ? null : parsed.GetValue(Memory),
            AllowTf32 = parsed.GetValue(Tf32),
            ConvolutionSearch = parsed.GetValue(Search) ?? new CudaOptions().ConvolutionSearch,
            ProviderLibrary = parsed.GetValue(Library),
        };
}
