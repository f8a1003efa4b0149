using SharpFuzz;

namespace OnnxCurvature.Fuzz;

/// <summary>Makes a copy of this program whose library reports the branches that it takes.</summary>
internal static class Instrumentation
{
    /// <summary>The path of the copy's program, in a folder.</summary>
    public static string Of(string folder)
    {
        var to = Path.Combine(folder, "program");
        Copy(AppContext.BaseDirectory, to);
        var library = Path.Combine(to, "OnnxCurvature.dll");
        Fuzzer.Instrument(library, _ => true, Options.Value);
        return Path.Combine(to, "OnnxCurvature.Fuzz.dll");
    }

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }
}
