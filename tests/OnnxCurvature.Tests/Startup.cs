using System.Runtime.CompilerServices;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Tests;

/// <summary>What is done before any test.</summary>
internal static class Startup
{
    /// <summary>Starts ONNX Runtime as the tool does, before a test makes a session: a process has one environment only.</summary>
    [ModuleInitializer]
    public static void StartRuntime() => OrtEnvironment.Start(null);
}
