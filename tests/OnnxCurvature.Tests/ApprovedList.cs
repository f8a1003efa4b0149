using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests;

/// <summary>
/// A file of Goldens that lists exceptions, a line each: what it is of, and the sentence. An exception passes only where it is listed, and
/// what is listed must be one. The list is rewritten only where UPDATE_GOLDENS is 1.
/// </summary>
internal sealed class ApprovedList
{
    private const string Mark = " | ";

    private readonly string _path;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, string> _approved = new(StringComparer.Ordinal);

    /// <summary>Reads a list, whose keys have a number of parts.</summary>
    public ApprovedList(string name, int parts)
    {
        _path = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Goldens", name);
        foreach (var line in File.Exists(_path) ? File.ReadLines(_path) : [])
        {
            var split = line.Split(Mark, parts + 1);
            _approved[string.Join(Mark, split[..parts])] = split[parts];
        }
    }

    /// <summary>Whether a key is listed.</summary>
    public bool Contains(string key) => _approved.ContainsKey(key);

    /// <summary>Compares the outcome of something with the list; null where it is no exception.</summary>
    public void Check(string key, string? exception)
    {
        var line = exception?.ReplaceLineEndings(" ");
        lock (_lock)
        {
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDENS") == "1")
                Write(key, line);
            Assert.Equal(_approved.GetValueOrDefault(key), line);
        }
    }

    private void Write(string key, string? line)
    {
        if (_approved.GetValueOrDefault(key) == line)
            return;
        _approved.Remove(key);
        if (line is not null)
            _approved[key] = line;
        File.WriteAllText(_path, string.Concat(_approved.Select(entry => $"{entry.Key}{Mark}{entry.Value}\n")));
    }
}
