namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// How the data of a run are named in messages: inputs with their files, and samples by their numbers there.
/// </summary>
internal sealed class SampleNames
{
    /// <summary>The names of samples that are all those of arrays in memory.</summary>
    public static SampleNames Plain { get; } = new();

    /// <summary>Which samples of the files the run takes; null for all.</summary>
    public SampleNumbers? Numbers { get; init; }

    /// <summary>The first file of an input, and how many others there are; null where an array is in memory.</summary>
    public Func<string, (string First, int Others)?> Files { get; init; } = _ => null;

    /// <summary>The file of an input that holds a sample of the files, and its number there; null where there is one file.</summary>
    public Func<string, long, (string File, long Number)?> Locate { get; init; } = (_, _) => null;

    /// <summary>The name of the data of an input, with the files.</summary>
    public string Data(string input) =>
        Files(input) switch
        {
            null => $"--data '{input}'",
            (var file, 0) => $"--data '{input}' ({file})",
            var (first, others) => $"--data '{input}' ({first} and {others} more)",
        };

    /// <summary>The name of the data of an input of which a sample is named, with the file where there is one.</summary>
    public string DataOfSample(string input) => Files(input) is { Others: > 0 } ? $"--data '{input}'" : Data(input);

    /// <summary>The number that a sample of the run has in the files.</summary>
    public long InFiles(long sample) => Numbers?.InFiles(sample) ?? sample;

    /// <summary>The name of a sample of the run.</summary>
    /// <param name="input">The input.</param>
    /// <param name="sample">Its number in the run.</param>
    public string Describe(string input, long sample)
    {
        var number = InFiles(sample);
        var place = Locate(input, number) is { } found ? $" ({found.Number} of {found.File})" : "";
        return $"sample {number}, counted from 0{place}";
    }
}
