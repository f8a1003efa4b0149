using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Changes that tests make between a plan and its run, to see that checks and bounds find them. By default none.</summary>
internal sealed record PlantedFaults
{
    /// <summary>The loss that is planned for.</summary>
    public Func<LossHead, LossHead> Loss { get; init; } = head => head;

    /// <summary>The bytes that the process is measured to hold.</summary>
    public Func<long> HeldBytes { get; init; } = () => Environment.WorkingSet;

    /// <summary>The file system that makes and moves the files of checkpoints.</summary>
    public IFileSystem Files { get; init; } = SystemFiles.Instance;

    /// <summary>Is given the bytes of arrays that grow with the data or the results, before they are allocated.</summary>
    public Action<long> Allocating { get; init; } = _ => { };

    /// <summary>The program that is run.</summary>
    public Func<Program, Program> Program { get; init; } = program => program;

    /// <summary>Changes how long the first batch, and the whole run, are expected to take, which decides what a check may take.</summary>
    public Func<(double Batch, double Run), (double Batch, double Run)> Expected { get; init; } = seconds => seconds;
}
