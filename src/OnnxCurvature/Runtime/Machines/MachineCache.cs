using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Machines;

/// <summary>
/// The profile of this machine, which is measured once and then kept in the user's cache folder: <c>$XDG_CACHE_HOME</c>, else
/// <c>~/.cache</c>. Only the times that are reported follow from it. Where the folder cannot be written it is measured every time.
/// </summary>
internal static class MachineCache
{
    private const string Processors = "/proc/cpuinfo";
    private const string Model = "model name";

    private static readonly Lazy<MachineProfile> Current = new(ReadOrMeasure);

    /// <summary>The profile, measured where none is kept.</summary>
    public static MachineProfile Profile => Current.Value;

    /// <summary>The file of the profile; null where the user has no folder for it.</summary>
    private static string? Path
    {
        get
        {
            var folder = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(folder) || !System.IO.Path.IsPathRooted(folder))
            {
                var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
                if (home.Length == 0)
                    return null;
                folder = System.IO.Path.Combine(home, ".cache");
            }
            return System.IO.Path.Combine(folder, "onnx-curvature", $"machine-{Key()}.json");
        }
    }

    private static MachineProfile ReadOrMeasure()
    {
        var path = Path;
        if (path is not null && File.Exists(path))
            try
            {
                return MachineFile.Read(path);
            }
            catch (UserErrorException)
            {
                // A profile that cannot be read is measured and written anew.
            }
        var machine = MachineMeter.Measure();
        if (path is not null)
            try
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
                AtomicFile.Write(path, stream => stream.Write(MachineFile.Write(machine)));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or UserErrorException)
            {
                // A cache is no result: without it the next run measures again.
            }
        return machine;
    }

    /// <summary>
    /// A digest of what the figures depend on: the processor, the number of cores, ONNX Runtime's version, and which figures there are.
    /// </summary>
    private static string Key()
    {
        var processor = File.Exists(Processors)
            ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith(Model, StringComparison.Ordinal))
            : null;
        var figures = string.Join(' ', MachineFile.Names);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{processor} {RuntimeInformation.ProcessArchitecture} {Environment.ProcessorCount} {OrtEnvironment.NativeVersion} {figures}"
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }
}
