namespace OnnxCurvature.Tests.Runtimes;

/// <summary>ONNX Runtime as programs in C need it: the library beside the tests, and the headers of its package.</summary>
internal static class OrtLibrary
{
    /// <summary>The library.</summary>
    public static string Native { get; } = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libonnxruntime.so");

    /// <summary>The folder with the headers, or null.</summary>
    public static string? Headers { get; } = Find();

    private static string? Find()
    {
        var packages =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var version = typeof(Microsoft.ML.OnnxRuntime.InferenceSession).Assembly.GetName().Version!;
        var folder = Path.Combine(packages, "microsoft.ml.onnxruntime", version.ToString(3), "build", "native", "include");
        return File.Exists(Path.Combine(folder, "onnxruntime_c_api.h")) && File.Exists(Native) ? folder : null;
    }
}
