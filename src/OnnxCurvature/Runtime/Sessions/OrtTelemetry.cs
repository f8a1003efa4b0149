using System.Runtime.InteropServices;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// Keeps ONNX Runtime from sending events. Its official builds send them to Microsoft from version 1.29 on: which models are loaded, and
/// how long runs take. They keep a database and an identifier of the device in the user's cache for that.
/// </summary>
internal static partial class OrtTelemetry
{
    /// <summary>The variable that ONNX Runtime reads when its environment is made, and never again.</summary>
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Switches events off for this process, unless the user has set the variable. Returns whether they are off.</summary>
    public static bool SwitchOff()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } asked)
            return asked == "1";
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(Variable, "1");
        else
            // .NET keeps a copy of the environment, and native code does not see what is changed there.
            _ = SetVariable(Variable, "1", overwrite: 0);
        return true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
