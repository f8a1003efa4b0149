using System.Diagnostics;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>ONNX Runtime for Node and for the Web, installed by npm once, in a folder that later runs find again.</summary>
internal static class NodePackages
{
    // The version that the sample's package.json names, too.
    private const string Version = "1.30.0";

    private static readonly Lazy<(string? Folder, string Reason)> Installed = new(Install);

    /// <summary>The folder with node_modules, or null.</summary>
    public static string? Folder => Installed.Value.Folder;

    /// <summary>Why there is none.</summary>
    public static string Reason => Installed.Value.Reason;

    private static (string?, string) Install()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"onnx-curvature-runtimes-{Version}");
        if (Directory.Exists(Path.Combine(folder, "node_modules")))
            return (folder, "");
        // Put in place whole, so that an install that is cut off is not taken for one.
        var fresh = Directory.CreateTempSubdirectory("onnx-curvature-npm-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(fresh, "package.json"), """{"private": true}""");
            // The scripts of onnxruntime-node would fetch CUDA libraries, which nothing here needs.
            var (code, _, errors) = Programs.Run(
                "npm",
                [
                    "install",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--fetch-retries=1",
                    "--fetch-timeout=60000",
                    $"onnxruntime-node@{Version}",
                    $"onnxruntime-web@{Version}",
                ],
                TimeSpan.FromMinutes(5),
                fresh
            );
            if (code != 0)
                return (
                    null,
                    code is null
                        ? "npm is not installed."
                        : $"npm cannot install ONNX Runtime for Node and the Web: {errors.Trim().Split('\n')[^1]}"
                );
            if (!Directory.Exists(folder))
                Directory.Move(fresh, folder);
            return (folder, "");
        }
        catch (IOException) when (Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            return (folder, "");
        }
        finally
        {
            if (Directory.Exists(fresh))
                Directory.Delete(fresh, recursive: true);
        }
    }
}

/// <summary>Other programs.</summary>
internal static class Programs
{
    /// <summary>Whether there is a program of a name.</summary>
    public static bool Exists(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>
    /// Runs a program to its end. The exit code is null where there is no such program, or where it takes longer than allowed.
    /// </summary>
    public static (int? Code, string Output, string Errors) Run(
        string name,
        IEnumerable<string> arguments,
        TimeSpan limit,
        string? folder = null,
        (string Name, string Value)? environment = null
    )
    {
        Process process;
        try
        {
            var start = new ProcessStartInfo(name, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = folder ?? "",
            };
            if (environment is { Name: var variable, Value: var value })
                start.Environment[variable] = value;
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, "", $"{name} is not installed.");
        }
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEndAsync();
            if (process.WaitForExit(limit))
                return (process.ExitCode, output.Result, errors.Result);
            process.Kill(entireProcessTree: true);
            return (null, "", $"{name} took longer than {limit.TotalMinutes} minutes.");
        }
    }
}
