namespace OnnxCurvature.Runtime.Checkpoints;

/// <summary>Where and when a run keeps what it has done.</summary>
/// <param name="Path">The file.</param>
/// <param name="Every">The time between two checkpoints; more where it takes long to write one; zero for one after every unit.</param>
/// <param name="Resumes">Whether the run goes on from the file, if it is there; else a file of an earlier run is refused.</param>
internal sealed record CheckpointOptions(string Path, TimeSpan Every, bool Resumes);
