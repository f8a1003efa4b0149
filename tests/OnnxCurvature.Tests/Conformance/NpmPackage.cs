using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>A package of npm's registry, brought by npm into a folder of temporary files once and kept there.</summary>
internal static class NpmPackage
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The folder of a package's files, or null where npm is not there or cannot get it.</summary>
    public static string? Folder(string name, string version)
    {
        var kept = Path.Combine(Path.GetTempPath(), "onnx-curvature-npm", $"{name.Replace('/', '+')}@{version}");
        var contents = Path.Combine(kept, "package");
        if (Directory.Exists(contents))
            return contents;
        var work = Directory.CreateTempSubdirectory("onnx-curvature-").FullName;
        try
        {
            if (!Packed($"{name}@{version}", work) || Directory.GetFiles(work, "*.tgz") is not [var archive])
                return null;
            using (var file = File.OpenRead(archive))
            using (var unpacked = new GZipStream(file, CompressionMode.Decompress))
                TarFile.ExtractToDirectory(unpacked, work, overwriteFiles: false);
            File.Delete(archive);
            Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
            // The folder appears whole or not at all, whoever else is doing the same.
            if (!Directory.Exists(kept))
                Directory.Move(work, kept);
            return contents;
        }
        catch (IOException)
        {
            return Directory.Exists(contents) ? contents : null;
        }
        finally
        {
            if (Directory.Exists(work))
                Directory.Delete(work, recursive: true);
        }
    }

    private static bool Packed(string package, string folder)
    {
        try
        {
            using var npm = Process.Start(
                new ProcessStartInfo("npm", ["pack", package, "--silent"])
                {
                    WorkingDirectory = folder,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                    RedirectStandardInput = true,
                }
            )!;
            npm.StandardInput.Close();
            var (said, failed) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            if (!npm.WaitForExit(Patience))
            {
                npm.Kill(entireProcessTree: true);
                return false;
            }
            Task.WaitAll(said, failed);
            return npm.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
