using System.Collections.Immutable;
using System.Diagnostics;
using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Cuda;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Runs the units of a run in order, and adds what they give to the state; the first batch is checked.</summary>
internal sealed class BatchRunner : IDisposable
{
    private readonly Program _program;
    private readonly ImmutableArray<NamedValue> _results;
    private readonly ScheduleRunner _runner;
    private readonly DirectionSegments _segments;
    private readonly BatchJoin _join;
    private readonly OrtSettings _settings;
    private readonly RunState _state;

    /// <summary>The results that are added up on a device, and those that are read for every unit.</summary>
    private readonly ImmutableArray<int> _summed;
    private readonly ImmutableArray<int> _read;
    private readonly DeviceSums? _sums;

    private IReadOnlyDictionary<Value, OrtValue>? _constant;

    /// <summary>How long segments of the batch that is checked took here, and how many these were.</summary>
    private (double Seconds, int Segments) _first;

    /// <param name="program">The program.</param>
    /// <param name="results">Its outputs that are results.</param>
    /// <param name="runner">Runs it.</param>
    /// <param name="segments">The segments of a batch.</param>
    /// <param name="join">How batches are put together.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="state">The state of the work so far.</param>
    /// <param name="sumsOnDevice">Whether sums stay on a device.</param>
    public BatchRunner(
        Program program,
        ImmutableArray<NamedValue> results,
        ScheduleRunner runner,
        DirectionSegments segments,
        BatchJoin join,
        OrtSettings settings,
        RunState state,
        bool sumsOnDevice
    )
    {
        _program = program;
        _results = results;
        _runner = runner;
        _segments = segments;
        (_join, _settings, _state) = (join, settings, state);
        _summed = sumsOnDevice ? [.. Enumerable.Range(0, results.Length).Where(CanBeSummed)] : [];
        _read = [.. Enumerable.Range(0, results.Length).Except(_summed)];
        _sums = _summed.IsEmpty ? null : new DeviceSums([.. _summed.Select(index => results[index])], settings);
    }

    /// <summary>The check of the first batch, or null.</summary>
    public RunCheck? Check { get; init; }

    /// <summary>Takes the bytes that are about to be allocated, and may then ask for a stop.</summary>
    public Action<long> Expect { get; init; } = _ => { };

    /// <summary>Gives memory back and lets the run go on, where its check came to the bound.</summary>
    public Action Recover { get; init; } = () => { };

    /// <summary>How many segments one run makes.</summary>
    public SegmentGroup Group { get; init; } = SegmentGroup.One;

    /// <summary>Whether sessions are kept from run to run.</summary>
    public bool KeepsSessions { get; init; }

    /// <summary>Where nodes run; null where it is not known.</summary>
    public NodePlacement? Placement => _runner.Placement?.With(_sums?.Placement ?? NodePlacement.None);

    /// <summary>Runs the next unit, or several at once that are segments of the same batch.</summary>
    /// <param name="data">The data.</param>
    /// <param name="batch">The inputs of their batch.</param>
    /// <param name="progress">Receives the share of the work that is done.</param>
    /// <param name="stopping">
    /// Gives what ends the computation before anything is added to the state, so that the unit can be run again.
    /// </param>
    /// <param name="cancellation">Ends the run.</param>
    public void RunUnits(
        DataSet data,
        FedBatch batch,
        IProgress<RunProgress>? progress,
        Func<CancellationToken> stopping,
        CancellationToken cancellation
    )
    {
        var (number, start) = Math.DivRem(_state.Next, _segments.Count);
        var end = start + Math.Min(Group.Count, Math.Min(_segments.Count - start, _state.Units.End - _state.Next));
        var areLast = end == _segments.Count;
        var isChecked = Check is not null && _state.Check is null && number == FirstWhole && areLast;
        // One shard finds out for all of them what a batch must be that is divided over them.
        var isReferee = Check is not null && _state.Units.AreDivided && number == 0 && areLast;
        var inside = progress is null ? null : new Relay(report => Report(progress, data, (int)number, end - start, report));
        var clock = Stopwatch.StartNew();
        var all = Values(batch, _segments.Between(start, end), isChecked || isReferee, inside, stopping());
        Group.Took(clock.Elapsed, end - start);
        if (number == FirstWhole || isReferee)
            _first = (_first.Seconds + clock.Elapsed.TotalSeconds, _first.Segments + (int)(end - start));
        try
        {
            if (_segments.HasConstant && end > 1)
                _constant ??= Values(batch, _segments.Nothing, isChecked: false, null, stopping())[0];
            var ends = new CheckEnds(stopping, Recover, cancellation);
            if (isChecked && _segments.Count == 1)
                _state.Check = OfFirst!.Compare(batch, all[^1], OfFirst.Read(all[^1]), SecondsOfFirst, progress, ends);
            if (isReferee)
                _state.Divided = OfFirst!.References(
                    batch,
                    all[^1],
                    name => _join.Weight(name, batch.Share),
                    SecondsOfFirst,
                    (_state.Units.End - _state.Units.Start) / (double)_state.Units.Total,
                    progress,
                    ends
                );
            foreach (var values in all)
            {
                Expect(_read.Sum(index => Growth(index, batch, number, values)));
                stopping().ThrowIfCancellationRequested();
                Take(data, batch, (int)number, (int)(_state.Next % _segments.Count), values, progress, stopping, cancellation);
                _state.Next++;
            }
        }
        finally
        {
            foreach (var values in all)
                Dispose(values);
        }
        if (areLast)
            Release();
    }

    /// <summary>Gives up what is kept from one segment to the next; where it is needed, it is computed again.</summary>
    public void Release()
    {
        if (_constant is not null)
            Dispose(_constant);
        _constant = null;
    }

    /// <summary>The state with all sums on the host.</summary>
    public RunState StateOnHost(CancellationToken cancellation)
    {
        if (_sums is null || _state.Next == _state.Units.Start)
            return _state;
        var outputs = _state.Outputs.ToBuilder();
        foreach (var (at, index) in _summed.Index())
        {
            var whole = new JoinedOutput(JoinKind.Sum);
            foreach (var piece in outputs[index].Joined.Pieces.Values)
            foreach (var part in piece.Sum.Parts)
                whole.Restore(0, piece.Shape, part);
            if (_sums.HoldsSums)
            {
                var (shape, parts) = _sums.Of(at, cancellation);
                foreach (var part in parts)
                    whole.Restore(0, shape, part);
            }
            outputs[index] = outputs[index] with { Joined = whole };
        }
        return _state.With(outputs.ToImmutable());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _sums?.Dispose();
    }

    /// <summary>The first batch of which all segments are made here; it is the one that is checked.</summary>
    private long? FirstWhole =>
        _state.Units.Start % _segments.Count == 0 && _state.Units.Start + _segments.Count <= _state.Units.End
            ? _state.Units.Start / _segments.Count
            : null;

    private IReadOnlyList<IReadOnlyDictionary<Value, OrtValue>> Values(
        FedBatch batch,
        SegmentRange segments,
        bool isChecked,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        var outputs = _results.Select(output => output.Value);
        var onHost = (isChecked ? outputs : _read.Select(index => _results[index].Value)).ToHashSet();
        Value[] wanted = isChecked ? [.. outputs.Union(OfFirst!.Outputs)] : [.. outputs.Distinct()];
        return _runner.Run(batch.Values, wanted, onHost, KeepsSessions, segments, progress, cancellation);
    }

    /// <summary>Adds what a unit gave, less what every segment gives besides its directions.</summary>
    private void Take(
        DataSet data,
        FedBatch batch,
        int number,
        int segment,
        IReadOnlyDictionary<Value, OrtValue> values,
        IProgress<RunProgress>? progress,
        Func<CancellationToken> stopping,
        CancellationToken cancellation
    )
    {
        AddOnDevice(data, batch, number, segment, values, 1, cancellation);
        if (_constant is not null && segment > 0)
            AddOnDevice(data, batch, number, segment, _constant, -1, cancellation);
        foreach (var index in _read)
        {
            var (name, value) = (_results[index].Name, _results[index].Value);
            if (!OrtTensors.IsFinite(values[value]))
                throw NotFinite(name, data.Where(number), batch, cancellation);
            var joined = _state.Outputs[index].Joined;
            if (Counts(index, segment))
            {
                var weight = _join.Weight(name, batch.Share);
                joined.Add(number, values[value], weight);
                if (_constant is not null && segment > 0)
                    joined.Add(number, _constant[value], -weight);
            }
            // Where other shards make segments of the batch, it ends where all are put together.
            if (segment == _segments.Count - 1 && _state.Units.Start <= (long)number * _segments.Count)
                joined.End(number);
        }
        if (Check is not null && _state.Check is null && _segments.Count > 1 && number == FirstWhole && segment == _segments.Count - 1)
            _state.Check = OfFirst!.Compare(
                batch,
                values,
                Sums(batch, cancellation),
                SecondsOfFirst,
                progress,
                new CheckEnds(stopping, Recover, cancellation)
            );
    }

    private long Growth(int index, FedBatch batch, long number, IReadOnlyDictionary<Value, OrtValue> values) =>
        _state.Outputs[index].Joined.Growth(number, values[_results[index].Value], _join.Weight(_results[index].Name, batch.Share));

    /// <summary>Whether a segment of a batch adds to a result: what does not come from directions is the same in each.</summary>
    private bool Counts(int index, int segment) => segment == 0 || _segments.Summed.Contains(_results[index].Name);

    private void AddOnDevice(
        DataSet data,
        FedBatch batch,
        int number,
        int segment,
        IReadOnlyDictionary<Value, OrtValue> values,
        int sign,
        CancellationToken cancellation
    )
    {
        if (_sums is null)
            return;
        var weights = _summed.Select(index => Counts(index, segment) ? sign * _join.Weight(_results[index].Name, batch.Share) : 0);
        var found = _sums.Take([.. _summed.Select(index => values[_results[index].Value])], [.. weights], cancellation);
        if (found >= 0)
            throw NotFinite(_results[_summed[found]].Name, data.Where(number), batch, cancellation);
    }

    private UserErrorException NotFinite(string name, string where, FedBatch batch, CancellationToken cancellation) =>
        new(new NonFiniteSearch(_program, _settings).Describe(name, batch.Values, cancellation) + where);

    /// <summary>The results of the first batch, whose segments are all that was added up so far.</summary>
    private Func<string, ResultElements> Sums(FedBatch batch, CancellationToken cancellation)
    {
        var byName = StateOnHost(cancellation).Outputs.ToDictionary(output => output.Name, StringComparer.Ordinal);
        return name =>
        {
            var (sums, shape) = byName[name].Joined.Finish(name);
            var values = sums.ToDoubles();
            TensorPrimitives.Divide(values, _join.Weight(name, batch.Share), values);
            return new ResultElements(values, shape);
        };
    }

    private BatchCheck? OfFirst => Check is null ? null : new BatchCheck(Check, _program, _results, _settings, Expect);

    private double SecondsOfFirst => _first.Seconds / _first.Segments * _segments.Count;

    private void Report(IProgress<RunProgress> progress, DataSet data, int batch, long together, RunProgress inside)
    {
        var (units, done) = (_state.Units.End - _state.Units.Start, _state.Next - _state.Units.Start);
        var where = data.Batches == 1 ? "" : $"batch {batch + 1} of {data.Batches}, ";
        progress.Report(new RunProgress((done + together * inside.Fraction) / units, where + inside.Message));
    }

    /// <summary>Whether a result of several units is added up as it is.</summary>
    private bool CanBeSummed(int index) =>
        _join.KindOf(_results[index].Name) == JoinKind.Sum
        && _results[index].Value.Type.Element is ElementType.Float32 or ElementType.Float64;

    private static void Dispose(IReadOnlyDictionary<Value, OrtValue> values)
    {
        foreach (var value in values.Values)
            value.Dispose();
    }

    /// <summary>Passes reports on at once, on the thread that makes them.</summary>
    private sealed class Relay(Action<RunProgress> report) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => report(value);
    }
}
