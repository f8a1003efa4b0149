using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Schedules;

/// <summary>Runs the steps of a schedule, each in a session of its own, and passes values between them.</summary>
internal sealed class ScheduleRunner(ProgramSchedule schedule, OrtSettings settings, CostModel costs) : IDisposable
{
    /// <summary>
    /// On a processor a batch of more operations takes seconds, beside which it does not count that sessions are made again; kept ones
    /// would hold weights in several layouts.
    /// </summary>
    private const double MostFlopsToKeep = 5e11;

    private readonly Dictionary<ScheduleStep, OrtProgram> _sessions = [];
    private readonly Dictionary<ScheduleStep, SummedChunks?> _summed = [];
    private readonly DeviceConcat _device = new(settings);
    private readonly double _total = schedule.Steps.Sum(step => Flops(step, costs));

    /// <summary>
    /// Whether it is worth it to keep sessions from batch to batch, each of so many floating-point operations. On a device it always is:
    /// weights would have to be copied there again.
    /// </summary>
    public static bool Keeps(bool severalBatches, double flops, ExecutionProvider provider) =>
        severalBatches && (provider != ExecutionProvider.Cpu || flops < MostFlopsToKeep);

    /// <summary>
    /// The values of <paramref name="outputs"/>, given those of the parameters. The caller disposes of both.
    /// </summary>
    /// <param name="parameters">The parameters of the whole program.</param>
    /// <param name="outputs">Values of the whole program.</param>
    /// <param name="onHost">Those of them that are to be readable here; the others may stay on a device.</param>
    /// <param name="keep">Whether sessions are kept for another run, or each is given up after its step.</param>
    /// <param name="segment">The iterations that loops over directions make.</param>
    /// <param name="progress">Receives the share of the work of this run that is done.</param>
    /// <param name="cancellation">Ends the run.</param>
    public IReadOnlyDictionary<Value, OrtValue> Run(
        IReadOnlyDictionary<Value, OrtValue> parameters,
        IReadOnlyCollection<Value> outputs,
        IReadOnlySet<Value> onHost,
        bool keep,
        DirectionSegment segment,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var values = new Dictionary<Value, OrtValue>(parameters);
        var owned = new List<OrtValue>();
        double done = 0;
        try
        {
            foreach (var output in outputs)
                if (output.Constant is { } constant)
                    owned.Add(values[output] = OrtTensors.Of(constant.Read()));
                else if (parameters.TryGetValue(output, out var parameter))
                    owned.Add(values[output] = OrtTensors.Copy(parameter));
            for (var index = 0; index < schedule.Steps.Length; index++)
            {
                var step = schedule.Steps[index];
                progress?.Report(new RunProgress(done / _total, "preparing"));
                var session = Session(step, keep);
                if (step is LoopStep loop)
                    Drive(
                        loop,
                        session,
                        values,
                        owned,
                        onHost,
                        segment.Of(loop),
                        fraction =>
                            progress?.Report(
                                new RunProgress(
                                    (done + fraction * Flops(step, costs)) / _total,
                                    $"chunk {segment.Round(loop, fraction)} of {loop.Iterations}"
                                )
                            ),
                        cancellation
                    );
                else
                {
                    var results = session.Run(
                        [.. step.Program.Parameters.Select(value => values[value])],
                        at => onHost.Contains(step.Program.Outputs[at].Value),
                        cancellation
                    );
                    owned.AddRange(results);
                    for (var at = 0; at < results.Count; at++)
                        values[step.Program.Outputs[at].Value] = results[at];
                }
                done += Flops(step, costs);
                if (!keep)
                    GiveUp(step);
                Free(values, owned, outputs, schedule.Steps.Skip(index + 1));
            }
            var kept = outputs.ToDictionary(value => value, value => values[value]);
            owned.RemoveAll(kept.Values.Contains);
            return kept;
        }
        finally
        {
            foreach (var value in owned)
                value.Dispose();
        }
    }

    /// <summary>How its sessions run.</summary>
    public OrtSettings Settings => settings;

    /// <summary>Gives up all sessions; the next run makes them again.</summary>
    public void GiveUpAll()
    {
        foreach (var session in _sessions.Values)
            session.Dispose();
        _sessions.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        GiveUpAll();
        _device.Dispose();
    }

    /// <summary>Where the nodes of the sessions so far run; null where it is not known.</summary>
    public NodePlacement? Placement { get; private set; }

    private void Drive(
        LoopStep loop,
        OrtProgram session,
        Dictionary<Value, OrtValue> values,
        List<OrtValue> owned,
        IReadOnlySet<Value> onHost,
        (long First, long End) iterations,
        Action<double> progress,
        CancellationToken cancellation
    )
    {
        foreach (var input in loop.Initial)
            if (input is { Constant: { } constant } && !values.ContainsKey(input))
                owned.Add(values[input] = OrtTensors.Of(constant.Read()));
        OrtValue[] states = [.. loop.Initial.Select(value => values[value])];
        OrtValue[] captured = [.. loop.Captured.Select(value => values[value])];
        var yields = loop.Program.Outputs.Length - loop.States;
        var stacks = Enumerable
            .Range(loop.States, yields)
            .Select(index => new IterationStack(loop.Iterations, session.IsOnDevice, onHost.Contains(loop.Node.Outputs[index])))
            .ToArray();
        states = new LoopDriver(session, Summed(loop), iterations, progress, cancellation).Run(
            states,
            captured,
            stacks,
            state => onHost.Contains(loop.Node.Outputs[state])
        );
        owned.AddRange(states);
        for (var index = 0; index < loop.Node.Outputs.Length; index++)
            if (index < loop.States)
                values[loop.Node.Outputs[index]] = states[index];
            else
                owned.Add(values[loop.Node.Outputs[index]] = stacks[index - loop.States].Finish(_device, cancellation));
    }

    /// <summary>The chunks of a step that is a loop whose chunks run several at a time; null where they do not.</summary>
    private SummedChunks? Summed(ScheduleStep step)
    {
        if (!_summed.TryGetValue(step, out var chunks))
            _summed[step] = chunks =
                step is LoopStep loop && !settings.IsBound ? SummedChunks.Of(loop, costs, settings.ChunksAtOnce, settings.Cores) : null;
        return chunks;
    }

    private OrtProgram Session(ScheduleStep step, bool keep)
    {
        if (!_sessions.TryGetValue(step, out var session))
        {
            var chunks = Summed(step);
            _sessions[step] = session = new OrtProgram(
                chunks?.Program ?? step.Program,
                settings with
                {
                    RunsOnce = !keep && step is not LoopStep { Iterations: > 2 },
                    // Each chunk has the thread that runs it, and what is left over is shared.
                    Threads = chunks is null ? settings.Threads : settings.Cores - chunks.AtOnce + 1,
                }
            );
            if (session.Placement is { } placement)
                Placement = (Placement ?? NodePlacement.None).With(placement);
        }
        return session;
    }

    private void GiveUp(ScheduleStep step)
    {
        _sessions[step].Dispose();
        _sessions.Remove(step);
    }

    private static void Free(
        Dictionary<Value, OrtValue> values,
        List<OrtValue> owned,
        IReadOnlyCollection<Value> outputs,
        IEnumerable<ScheduleStep> later
    )
    {
        var needed = later
            .SelectMany(step => step is LoopStep loop ? loop.Initial.Concat(loop.Captured) : step.Program.Parameters.AsEnumerable())
            .Concat(outputs)
            .ToHashSet();
        foreach (var (value, tensor) in values.Where(entry => !needed.Contains(entry.Key)).ToArray())
            if (owned.Remove(tensor))
            {
                tensor.Dispose();
                values.Remove(value);
            }
    }

    private static double Flops(ScheduleStep step, CostModel costs) =>
        Math.Max(1, costs.Flops(step.Program) * (step is LoopStep loop ? loop.Iterations : 1));
}
