using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>Gets ONNX Runtime's CUDA provider, in one of three ways, and says what is missing where it cannot be had.</summary>
internal static partial class CudaProvider
{
    /// <summary>The three ways, for messages.</summary>
    public const string Ways =
        "build the tool with -p:OnnxRuntimeFlavor=gpu, or give --provider-library or --onnxruntime, or give --provider cpu";

    /// <summary>
    /// The provider that <paramref name="asked"/> stands for, CUDA where it can be had if it is null. Besides a sentence on why that one
    /// was taken, or on what has no effect. Throws <see cref="UserErrorException"/> where CUDA was asked for and cannot be had.
    /// </summary>
    public static (ExecutionProvider Provider, string? Note) Choose(ExecutionProvider? asked, CudaOptions options)
    {
        if (asked == ExecutionProvider.Cpu)
            return (
                ExecutionProvider.Cpu,
                options == new CudaOptions()
                    ? null
                    : "The options of CUDA's device have no effect on the CPU; give --provider cuda or auto for it."
            );
        if (!CudaOptions.Searches.Contains(options.ConvolutionSearch))
            throw new UserErrorException(
                $"The search '{options.ConvolutionSearch}' for convolutions is unknown; give one of "
                    + $"{string.Join(", ", CudaOptions.Searches)}."
            );
        try
        {
            Try(options);
            return (ExecutionProvider.Cuda, asked is null ? "CUDA can be had, so everything is computed there." : null);
        }
        catch (UserErrorException exception) when (asked is null)
        {
            return (ExecutionProvider.Cpu, $"Everything is computed on the CPU. {exception.Message}");
        }
    }

    /// <summary>Adds the provider to the options of a session. Throws <see cref="UserErrorException"/> where it cannot be had.</summary>
    public static void Append(SessionOptions session, CudaOptions options)
    {
        try
        {
            if (options.ProviderLibrary is { } library)
            {
                session.AppendExecutionProvider(
                    OrtEnv.Instance(),
                    [Device(library, options)],
                    options.ForProvider().Where(entry => entry.Key != "device_id").ToDictionary()
                );
                return;
            }
            using var cuda = new OrtCUDAProviderOptions();
            cuda.UpdateOptions(options.ForProvider());
            session.AppendExecutionProvider_CUDA(cuda);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            throw Missing(exception);
        }
    }

    /// <summary>The memory of the device, in which values stay between sessions.</summary>
    public static OrtMemoryInfo Memory(CudaOptions options) =>
        options.ProviderLibrary is { } library
            ? Device(library, options).GetMemoryInfo(OrtDeviceMemoryType.DEFAULT)
            : new OrtMemoryInfo("Cuda", OrtAllocatorType.DeviceAllocator, options.Device, OrtMemType.Default);

    /// <summary>One or two sentences on a message of ONNX Runtime about a provider that it cannot load.</summary>
    public static string Explain(string message)
    {
        var text = message.ReplaceLineEndings(" ").Trim();
        if (MissingLibrary().Match(text) is { Success: true } library)
            return $"the library '{library.Groups["name"].Value}' is missing; install the CUDA toolkit and cuDNN that this ONNX Runtime "
                + $"is built for, and put their folder on LD_LIBRARY_PATH.";
        if (
            text.Contains("not enabled in this build", StringComparison.OrdinalIgnoreCase)
            || text.Contains("is not enabled", StringComparison.OrdinalIgnoreCase)
        )
            return $"this ONNX Runtime is built without CUDA, so the library 'libonnxruntime_providers_cuda' is missing; {Ways}.";
        if (NoDevice().IsMatch(text))
            return $"there is no CUDA device that can be used ({text}); check the driver with nvidia-smi, give another --device, or "
                + $"give --provider cpu.";
        return $"ONNX Runtime says '{text}'; {Ways}.";
    }

    /// <summary>Makes a session of one node with the provider, which loads all of its libraries.</summary>
    private static void Try(CudaOptions options)
    {
        using var session = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        Append(session, options);
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Of([1])), "x");
        var program = b.Build([x], [new NamedValue("y", Catalogue.Get<Ops.Elementwise.Exp>().Apply(b, [x]).Output)]);
        try
        {
            using var trial = new InferenceSession(OnnxWriter.Serialize(program, Path.GetTempPath()), session);
        }
        catch (OnnxRuntimeException exception)
        {
            throw Missing(exception);
        }
    }

    private static OrtEpDevice Device(string library, CudaOptions options)
    {
        var devices = OrtEnvironment.DevicesOf(library);
        return options.Device < devices.Length
            ? devices[options.Device]
            : throw new UserErrorException(
                $"--device {options.Device} was asked for, and --provider-library '{library}' finds {devices.Length}; give a number "
                    + $"below that."
            );
    }

    private static UserErrorException Missing(Exception exception) => new($"CUDA cannot be had: {Explain(exception.Message)}");

    // "libcublasLt.so.13: cannot open shared object file", and on Windows "Error loading \"C:\\…\\x.dll\" which depends on
    // \"cublas64_13.dll\" which is missing".
    [GeneratedRegex(
        @"(?<name>[\w.+-]+\.so[\w.]*): cannot open shared object|depends on ""(?<name>[^""]+)"" which is missing"
            + @"|(?<name>[\w.+-]+\.dll)"" which is missing"
    )]
    private static partial Regex MissingLibrary();

    [GeneratedRegex(
        @"no CUDA-capable device|CUDA driver version is insufficient|invalid device ordinal|CUDA failure (100|35|101)\b",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex NoDevice();
}
