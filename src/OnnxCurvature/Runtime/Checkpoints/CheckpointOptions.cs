namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>Where and when a run keeps what it has done.</summary>
/// <param name="Path">The file.</param>
public sealed record CheckpointOptions(string Path)
{
    /// <summary>The time between two checkpoints; more where it takes long to write one; zero for one after every unit.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether the run goes on from the file, if it is there; else a file of an earlier run is refused.</summary>
    public bool Resumes { get; init; }
}
