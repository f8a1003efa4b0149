using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>What tests change between a plan and its run, to see that checks and bounds find it. By default nothing.</summary>
internal sealed record PlantedFaults
{
    /// <summary>The loss that is planned for.</summary>
    public Func<LossHead, LossHead> Loss { get; init; } = head => head;

    /// <summary>What the process is measured to hold, in bytes.</summary>
    public Func<long> HeldBytes { get; init; } = () => Environment.WorkingSet;

    /// <summary>The program that is run.</summary>
    public Func<Program, Program> Program { get; init; } = program => program;
}
