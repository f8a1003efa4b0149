using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>What tests change between a plan and its run, to see that checks find it. By default nothing.</summary>
internal sealed record PlantedFaults
{
    /// <summary>The loss that is planned for.</summary>
    public Func<LossHead, LossHead> Loss { get; init; } = head => head;

    /// <summary>The program that is run.</summary>
    public Func<Program, Program> Program { get; init; } = program => program;
}
