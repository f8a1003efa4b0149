using SharpFuzz;

namespace OnnxCurvature.Fuzz;

/// <summary>Makes a copy of this program whose library reports the branches that it takes.</summary>
internal static class Instrumentation
{
    private const string Prefix = "instrumented-";

    /// <summary>
    /// The path of the copy's program. It is kept beside this one for the next campaign, under the identity of the library it was made of,
    /// since making it takes as long as ten thousand inputs.
    /// </summary>
    public static string Program()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, Prefix + typeof(CurvatureEngine).Module.ModuleVersionId.ToString("N"));
        if (!Directory.Exists(folder))
        {
            foreach (var old in Directory.EnumerateDirectories(AppContext.BaseDirectory, Prefix + "*"))
                Directory.Delete(old, recursive: true);
            var partial = folder + ".partial";
            Copy(AppContext.BaseDirectory, partial);
            Fuzzer.Instrument(Path.Combine(partial, "OnnxCurvature.dll"), _ => true, Options.Value);
            Directory.Move(partial, folder);
        }
        return Path.Combine(folder, "OnnxCurvature.Fuzz.dll");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.EnumerateDirectories(from))
            if (!Path.GetFileName(folder).StartsWith(Prefix, StringComparison.Ordinal))
                Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
