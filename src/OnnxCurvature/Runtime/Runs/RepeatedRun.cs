using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The results of a program of some parameters over a data set, run as often as one likes. Sessions are kept between runs.
/// </summary>
internal sealed class RepeatedRun : IDisposable
{
    private readonly Program _program;
    private readonly DataSet _data;
    private readonly BatchJoin _join;
    private readonly ScheduleRunner _runner;
    private readonly ImmutableArray<Value> _parameters;
    private readonly CurvatureRunOptions _options;

    private RepeatedRun(
        Program program,
        DataSet data,
        BatchJoin join,
        ScheduleRunner runner,
        ImmutableArray<Value> parameters,
        CurvatureRunOptions options
    )
    {
        _options = options;
        _program = program;
        _data = data;
        _join = join;
        _runner = runner;
        _parameters = parameters;
    }

    /// <summary>About how long one run takes over all data, in seconds of a processor.</summary>
    public required double Seconds { get; init; }

    /// <summary>Prepares runs of outputs that are sums or means over the samples, as the loss is.</summary>
    /// <param name="settled">The model and the data.</param>
    /// <param name="options">How runs are carried out.</param>
    /// <param name="averages">Whether outputs are means over the samples; null for what the loss is.</param>
    /// <param name="build">Builds, on the model and its loss, the parameters that differ from run to run, and the outputs.</param>
    public static RepeatedRun Create(
        SettledRun settled,
        CurvatureRunOptions options,
        bool? averages,
        Func<ModelGraph, LossHead, (ImmutableArray<Value> Parameters, ImmutableArray<Value> Outputs)> build
    )
    {
        options = options with { Provider = CudaProvider.Choose(options.Provider, options.Cuda).Provider };
        var (source, request, batches) = (settled.Source, settled.Request, settled.Batches);
        // Nodes that were built on the model before are no part of this program.
        var graph = source.Load().Graph;
        var head = LossBuilder.Build(graph, request.Loss, request.Reduction);
        var (parameters, outputs) = build(graph, head);
        var inputs = head.Target is { } target ? graph.Inputs.Add(target) : graph.Inputs;
        var named = outputs.Select((output, index) => new NamedValue($"output_{index}", output));
        var program = Pipeline.For(options.ChosenProvider).Run(Program.Create(inputs.AddRange(parameters), named));
        var proof = new SampleProof(graph, head);
        var layouts = inputs.ToDictionary(input => input.Name!, proof.Of, StringComparer.Ordinal);
        var data = DataSet.Bind(inputs, settled.Data, layouts, batches.Size, head.Labels, !NumberCheck.TakesNaN(program));
        averages ??= (batches.IsWhole ? head.Reduction : batches.Weight) == BatchWeight.Samples;
        var costs = new CostModel(RunPlan.Limits(options, source));
        costs.Learn(program);
        CheckMemory(program, costs, data, options);
        var settings = new OrtSettings(source.Folder, options.ChosenProvider, options.Threads) { Cuda = options.Cuda };
        var runner = new ScheduleRunner(ProgramSchedule.Of(program), settings, costs);
        var times = new TimeModel(costs, options.Threads > 0 ? options.Threads : Environment.ProcessorCount);
        return new RepeatedRun(program, data, new BatchJoin(averages.Value, [], []), runner, parameters, options)
        {
            Seconds = data.Batches * times.Run(program),
        };
    }

    /// <summary>
    /// The outputs for values of the parameters, in their order, row-major. Throws <see cref="UserErrorException"/> where one is not
    /// finite, or where a batch takes more memory than is allowed.
    /// </summary>
    public ImmutableArray<double[]> Run(IReadOnlyList<double[]> values, CancellationToken cancellation)
    {
        var joined = _program.Outputs.Select(output => new JoinedOutput(_join.KindOf(output.Name))).ToArray();
        var own = new Dictionary<Value, OrtValue>();
        using var watch =
            _options.ChosenProvider == ExecutionProvider.Cpu
                ? new MemoryWatch(_options.Bound, _options.Faults.HeldBytes, cancellation)
                : null;
        try
        {
            foreach (var (parameter, elements) in _parameters.Zip(values))
                own[parameter] = OrtTensors.Of(
                    NpyArray.Of(parameter.Type.Element, parameter.Type.Shape.Sizes, elements),
                    parameter.Type.Element
                );
            for (var batch = 0; batch < _data.Batches; batch++)
                Join(joined, batch, own, watch, cancellation);
        }
        finally
        {
            foreach (var value in own.Values)
                value.Dispose();
        }
        return [.. joined.Zip(_program.Outputs, (result, output) => result.Finish(output.Name).Values.ToDoubles())];
    }

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();

    /// <summary>A program without chunks of directions can take less memory by smaller batches alone.</summary>
    private static void CheckMemory(Program program, CostModel costs, DataSet data, CurvatureRunOptions options)
    {
        var bound = options.Bound;
        var budget = new MemoryBudget(bound, data.Batches > 1);
        var peak = budget.PeakBytes(program, costs.PeakBytes(program), costs.Flops(program));
        if (options.ChosenProvider == ExecutionProvider.Cpu && peak > bound.Bytes)
            throw new UserErrorException(
                $"A run over the data takes about {Math.Ceiling(peak / (1 << 20))} MiB for a batch of {data.BatchSize} samples, and "
                    + $"the limit is {bound.Text}; give a smaller --batch-size, or {bound.Remedy}."
            );
    }

    private void Join(JoinedOutput[] joined, int batch, Dictionary<Value, OrtValue> own, MemoryWatch? watch, CancellationToken cancellation)
    {
        var (arrays, samples) = _data.Batch(batch);
        var feeds = arrays.ToDictionary(entry => entry.Key, entry => OrtTensors.Of(entry.Value, entry.Key.Type.Element));
        try
        {
            var outputs = _program.Outputs.Select(output => output.Value).ToHashSet();
            var all = new Dictionary<Value, OrtValue>(feeds.Concat(own));
            var results = Compute(all, outputs, watch, cancellation);
            foreach (var (output, result) in _program.Outputs.Zip(joined))
            {
                var tensor = results[output.Value];
                if (!OrtTensors.IsFinite(tensor))
                    throw new UserErrorException(
                        $"A result is not finite{(_data.Batches == 1 ? "" : $" in batch {batch + 1} of {_data.Batches}")}; look for "
                            + $"its cause with the command run, which names the node."
                    );
                var weight = _join.Weight(output.Name, (double)samples / _data.Samples);
                result.Add(batch, tensor, weight);
            }
            foreach (var tensor in results.Values)
                tensor.Dispose();
        }
        finally
        {
            foreach (var feed in feeds.Values)
                feed.Dispose();
        }
    }

    /// <summary>
    /// The values of the outputs. A batch that comes to the bound on memory is computed again, after the memory that earlier ones have
    /// left is given back.
    /// </summary>
    private IReadOnlyDictionary<Value, OrtValue> Compute(
        Dictionary<Value, OrtValue> inputs,
        HashSet<Value> outputs,
        MemoryWatch? watch,
        CancellationToken cancellation
    )
    {
        for (var isFresh = false; ; isFresh = true)
            try
            {
                // A run that is over before the next measurement is measured, too.
                watch?.Measure(0);
                var token = watch?.Token ?? cancellation;
                token.ThrowIfCancellationRequested();
                return _runner.Run(inputs, outputs, outputs, keep: true, SegmentRange.Whole, progress: null, token)[0];
            }
            catch (OperationCanceledException) when (watch is { HasStopped: true } && !cancellation.IsCancellationRequested)
            {
                if (isFresh)
                    throw new UserErrorException(
                        $"The run was stopped, because its process came to the limit of {_options.Bound.Text}; give a smaller "
                            + $"--batch-size, or {_options.Bound.Remedy}."
                    );
                _runner.GiveUpAll();
                watch.Trim();
                watch.Restart();
            }
    }
}
