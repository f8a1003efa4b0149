using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Expected times of a program as it is run on a processor: in sessions one after another, with chunks side by side.</summary>
/// <param name="Start">Seconds until its sessions have started.</param>
/// <param name="Run">Seconds of a run by these.</param>
internal readonly record struct ScheduleTime(double Start, double Run)
{
    /// <summary>The times of a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="costs">Sizes, operations and the machine.</param>
    /// <param name="planned">The costs that decide whether chunks run side by side.</param>
    /// <param name="cores">The cores that nodes may use.</param>
    /// <param name="atOnce">The most chunks at a time.</param>
    /// <param name="bytes">The bytes of its values and results, which the first run writes to memory that the system gives it then.</param>
    public static ScheduleTime Of(Program program, CostModel costs, CostModel planned, int cores, int atOnce, double bytes = 0)
    {
        costs.Learn(program);
        planned.Learn(program);
        var steps = ProgramSchedule.Of(program).Steps;
        var times = new TimeModel(costs, cores);
        var start = times.Start(program, steps.Length) + bytes / costs.Machine.FreshBytesPerSecond;
        return new ScheduleTime(start, steps.Sum(Seconds));

        double Seconds(ScheduleStep step) =>
            step is not LoopStep loop ? times.Run(step.Program)
            : SummedChunks.Of(loop, planned, atOnce, cores) is { } chunks ? chunks.Waves(loop) * new TimeModel(costs, 1).Run(chunks.Program)
            : loop.Iterations * times.Run(loop.Program);
    }
}
