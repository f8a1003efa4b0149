using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// The one environment of ONNX Runtime that a process has: which native library it is, which provider libraries are registered with it,
/// and who hears what it logs.
/// </summary>
internal static class OrtEnvironment
{
    private static readonly Lock Access = new();
    private static readonly Lock Listening = new();
    private static readonly Dictionary<string, OrtEpDevice[]> Registered = new(StringComparer.Ordinal);

    // Native code calls it, so it must live as long as the process.
    private static readonly DOrtLoggingFunction Logger = (_, _, _, _, _, message) => Hear(message);
    private static string? _library;
    private static List<string>? _heard;

    /// <summary>Whether what ONNX Runtime logs can be heard: not where something else made the environment before.</summary>
    public static bool IsHeard { get; private set; }

    /// <summary>The version of the native library in use.</summary>
    public static string NativeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>
    /// Starts ONNX Runtime where it has not started, from the library at <paramref name="path"/> where that is not null. Throws
    /// <see cref="UserErrorException"/> where there is no such library, where it is too old, or where another one is in use already.
    /// </summary>
    public static void Start(string? path)
    {
        lock (Access)
        {
            if (path is not null)
                Choose(path);
            if (OrtEnv.IsCreated)
                return;
            try
            {
                var options = new EnvironmentCreationOptions
                {
                    logId = "onnx-curvature",
                    logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                    loggingFunction = Logger,
                    loggingParam = IntPtr.Zero,
                };
                var isSilent = OrtTelemetry.SwitchOff();
                var environment = OrtEnv.CreateInstanceWithOptions(ref options);
                // Windows has a switch of its own.
                if (isSilent)
                    environment.DisableTelemetryEvents();
                IsHeard = true;
            }
            catch (Exception exception)
                when (exception
                        is DllNotFoundException
                            or EntryPointNotFoundException
                            or BadImageFormatException
                            or TypeInitializationException
                            or OnnxRuntimeException
                            or NotSupportedException
                )
            {
                var reason = (exception.InnerException ?? exception).Message.ReplaceLineEndings(" ").Trim();
                throw new UserErrorException(
                    _library is { } library
                        ? $"--onnxruntime '{library}' cannot be used ({reason}); give an ONNX Runtime of version {Version} or later for "
                            + $"this system."
                        : $"ONNX Runtime cannot be loaded ({reason}); install the tool again, or name a library with --onnxruntime."
                );
            }
        }
    }

    /// <summary>
    /// The devices of a provider library, which is registered once. Throws <see cref="UserErrorException"/> where it cannot be, or has
    /// none.
    /// </summary>
    public static OrtEpDevice[] DevicesOf(string path)
    {
        path = Path.GetFullPath(path);
        lock (Access)
        {
            if (Registered.TryGetValue(path, out var known))
                return known;
            if (!File.Exists(path))
                throw new UserErrorException(
                    $"There is no file '{path}' for --provider-library; name a library of ONNX Runtime's plug-in interface."
                );
            var environment = OrtEnv.Instance();
            var name = $"onnx_curvature_{Registered.Count}";
            try
            {
                var before = environment.GetEpDevices().Select(device => device.EpName).ToHashSet(StringComparer.Ordinal);
                environment.RegisterExecutionProviderLibrary(name, path);
                OrtEpDevice[] devices = [.. environment.GetEpDevices().Where(device => !before.Contains(device.EpName))];
                if (devices.Length == 0)
                    throw new UserErrorException(
                        $"--provider-library '{path}' finds no device on this machine; check the driver with nvidia-smi, or give "
                            + $"--provider cpu."
                    );
                return Registered[path] = devices;
            }
            catch (OnnxRuntimeException exception)
            {
                throw new UserErrorException(
                    $"--provider-library '{path}' cannot be registered: {CudaProvider.Explain(exception.Message)}"
                );
            }
        }
    }

    /// <summary>The messages that ONNX Runtime logs while <paramref name="action"/> runs.</summary>
    public static IReadOnlyList<string> Listen(Action action)
    {
        // Sessions log on the thread that makes them; of two that are made at once the messages may interleave, so one waits for the other.
        lock (Listening)
        {
            var heard = new List<string>();
            _heard = heard;
            try
            {
                action();
            }
            finally
            {
                _heard = null;
            }
            lock (heard)
                return [.. heard];
        }
    }

    private static void Hear(string message)
    {
        if (_heard is not { } heard)
            return;
        lock (heard)
            heard.Add(message);
    }

    private static string Version => typeof(OrtEnv).Assembly.GetName().Version?.ToString(2) ?? "";

    private static void Choose(string path)
    {
        var full = Path.GetFullPath(path);
        var file = Directory.Exists(full) ? InFolder(full) : full;
        if (!File.Exists(file))
            throw new UserErrorException(
                $"There is no ONNX Runtime at '{path}'; give --onnxruntime the path of {LibraryName}, or of the folder that holds it."
            );
        if (_library == file)
            return;
        if (_library is not null || OrtEnv.IsCreated)
            throw new UserErrorException(
                $"--onnxruntime '{path}' comes too late: this process runs on another ONNX Runtime already; start a new one."
            );
        OrtEnv.DisableDllImportResolver = true;
        NativeLibrary.SetDllImportResolver(typeof(OrtEnv).Assembly, Resolve);
        _library = file;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase) && !name.Contains("extensions", StringComparison.OrdinalIgnoreCase)
            ? NativeLibrary.Load(_library!)
            : 0;

    private static string LibraryName =>
        OperatingSystem.IsWindows() ? "onnxruntime.dll"
        : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib"
        : "libonnxruntime.so";

    private static string InFolder(string folder) =>
        new[] { folder, Path.Combine(folder, "lib") }
            .SelectMany(place => new[] { LibraryName, LibraryName + ".1" }.Select(name => Path.Combine(place, name)))
            .FirstOrDefault(File.Exists, Path.Combine(folder, LibraryName));
}
