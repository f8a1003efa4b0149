namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// How the samples of a run are named in messages: by their numbers in the files, and by their file where there are several.
/// </summary>
internal sealed class SampleNames
{
    /// <summary>The names of samples that are all those of arrays in memory.</summary>
    public static SampleNames Plain { get; } = new();

    /// <summary>Which samples of the files the run takes; null for all.</summary>
    public SampleNumbers? Numbers { get; init; }

    /// <summary>The file of an input that holds a sample of the files, and its number there; null where there is one file.</summary>
    public Func<string, long, (string File, long Number)?> Locate { get; init; } = (_, _) => null;

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
