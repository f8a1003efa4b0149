using System.Runtime.CompilerServices;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Tests;

/// <summary>The preparation before any test.</summary>
internal static class Startup
{
    /// <summary>Starts ONNX Runtime as the tool does, before a test makes a session: a process has one environment only.</summary>
    [ModuleInitializer]
    public static void StartRuntime()
    {
        // A test keeps nothing in the user's cache folder.
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", Path.Combine(AppContext.BaseDirectory, "cache"));
        OrtEnvironment.Start(null);
    }
}
