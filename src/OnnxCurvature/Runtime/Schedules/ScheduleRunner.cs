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
    /// The values of <paramref name="outputs"/>, given those of the parameters, for each segment. The caller disposes of all of them.
    /// </summary>
    /// <param name="parameters">The parameters of the whole program.</param>
    /// <param name="outputs">Values of the whole program.</param>
    /// <param name="onHost">Those of them that are to be readable here; the others may stay on a device.</param>
    /// <param name="keep">Whether sessions are kept for another run, or each is given up after its step.</param>
    /// <param name="segments">The segments of directions; of several the chunks may run side by side. On a device there is one.</param>
    /// <param name="progress">Receives the share of the work of this run that is done.</param>
    /// <param name="cancellation">Ends the run.</param>
    public IReadOnlyList<IReadOnlyDictionary<Value, OrtValue>> Run(
        IReadOnlyDictionary<Value, OrtValue> parameters,
        IReadOnlyCollection<Value> outputs,
        IReadOnlySet<Value> onHost,
        bool keep,
        SegmentRange segments,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        using var values = new SegmentValues(parameters, segments.Parts.Count);
        double done = 0;
        foreach (var output in outputs.Distinct())
            if (output.Constant is { } constant)
                values.Share(output, OrtTensors.Of(constant.Read()));
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
                    onHost,
                    segments,
                    fraction =>
                        progress?.Report(
                            new RunProgress(
                                (done + fraction * Flops(step, costs)) / _total,
                                $"chunk {segments.IterationAt(loop, fraction)} of {loop.Iterations}"
                            )
                        ),
                    cancellation
                );
            else
                RunStraight(step, session, values, onHost, segments, cancellation);
            done += Flops(step, costs);
            if (!keep)
                GiveUp(step);
            values.KeepOnly(Needed(outputs, schedule.Steps.Skip(index + 1)));
        }
        return values.HandOut(outputs);
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

    private static void RunStraight(
        ScheduleStep step,
        OrtProgram session,
        SegmentValues values,
        IReadOnlySet<Value> onHost,
        SegmentRange segments,
        CancellationToken cancellation
    )
    {
        var areSeparate = values.AreSeparate(step.Program.Parameters);
        for (var segment = 0; segment < (areSeparate ? segments.Parts.Count : 1); segment++)
        {
            var results = session.Run(
                [.. step.Program.Parameters.Select(value => values.Of(value, segment))],
                at => onHost.Contains(step.Program.Outputs[at].Value),
                cancellation
            );
            for (var at = 0; at < results.Count; at++)
                if (areSeparate)
                    values.Put(step.Program.Outputs[at].Value, segment, results[at]);
                else
                    values.Share(step.Program.Outputs[at].Value, results[at]);
        }
    }

    private void Drive(
        LoopStep loop,
        OrtProgram session,
        SegmentValues values,
        IReadOnlySet<Value> onHost,
        SegmentRange segments,
        Action<double> progress,
        CancellationToken cancellation
    )
    {
        foreach (var input in loop.Initial)
            if (input is { Constant: { } constant } && !values.Has(input))
                values.Share(input, OrtTensors.Of(constant.Read()));
        // A value that differs between segments is taken through a run for each segment.
        SegmentRange[] runs =
            values.AreSeparate(loop.Initial.Concat(loop.Captured)) ? [.. segments.Parts]
            : segments.Divides(loop) ? [segments]
            : [segments.Parts[0]];
        for (var run = 0; run < runs.Length; run++)
        {
            (long, long)[] parts = [.. runs[run].Parts.Select(part => part.Of(loop))];
            var results = new LoopDriver(session, Summed(loop), parts, progress, cancellation).Run(
                [.. loop.Initial.Select(value => values.Of(value, run))],
                [.. loop.Captured.Select(value => values.Of(value, run))],
                () => Stacks(loop, session, onHost),
                state => onHost.Contains(loop.Node.Outputs[state])
            );
            for (var part = 0; part < parts.Length; part++)
            for (var index = 0; index < loop.Node.Outputs.Length; index++)
            {
                var (output, result) = (loop.Node.Outputs[index], results[part]);
                var tensor = index < loop.States ? result.States[index] : result.Stacks[index - loop.States].Finish(_device, cancellation);
                if (runs.Length == 1 && parts.Length == 1)
                    values.Share(output, tensor);
                else
                    values.Put(output, run + part, tensor);
            }
        }
    }

    private static IterationStack[] Stacks(LoopStep loop, OrtProgram session, IReadOnlySet<Value> onHost) =>
        [
            .. loop
                .Node.Outputs.Skip(loop.States)
                .Select(output => new IterationStack(loop.Iterations, session.IsOnDevice, onHost.Contains(output))),
        ];

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

    private static HashSet<Value> Needed(IReadOnlyCollection<Value> outputs, IEnumerable<ScheduleStep> later) =>
        later
            .SelectMany(step => step is LoopStep loop ? loop.Initial.Concat(loop.Captured) : step.Program.Parameters.AsEnumerable())
            .Concat(outputs)
            .ToHashSet();

    private static double Flops(ScheduleStep step, CostModel costs) =>
        Math.Max(1, costs.Flops(step.Program) * (step is LoopStep loop ? loop.Iterations : 1));
}
