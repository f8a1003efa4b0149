using System.Collections.Immutable;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Hands what a run gave for its first batch to the check.</summary>
/// <param name="check">The check.</param>
/// <param name="program">The program, whose outputs after the results are the values that the check takes.</param>
/// <param name="results">Its outputs that are results.</param>
/// <param name="settings">How sessions run.</param>
/// <param name="expect">Takes the bytes that are about to be allocated.</param>
internal sealed class BatchCheck(
    RunCheck check,
    Program program,
    ImmutableArray<NamedValue> results,
    OrtSettings settings,
    Action<long> expect
)
{
    /// <summary>The outputs that a run must give for the check, beside the results.</summary>
    public IEnumerable<Value> Outputs => Given.Select(pair => pair.Output);

    private IEnumerable<(Value Value, Value Output)> Given =>
        check.Given.Zip(program.Outputs.Skip(results.Length), (value, output) => (value, output.Value));

    /// <summary>The results of a batch, as a run gave them.</summary>
    /// <param name="values">The values of the run.</param>
    public Func<string, ResultElements> Read(IReadOnlyDictionary<Value, OrtValue> values)
    {
        var byName = results.ToDictionary(output => output.Name, output => values[output.Value], StringComparer.Ordinal);
        return name => new ResultElements(byName[name]);
    }

    /// <summary>Checks a batch. Throws <see cref="DisagreementException"/> where an entry differs by more than rounding explains.</summary>
    /// <param name="batch">The inputs of the batch.</param>
    /// <param name="values">The values of the run.</param>
    /// <param name="elements">The results of the whole batch, by name.</param>
    /// <param name="seconds">How long the batch took.</param>
    /// <param name="progress">Learns that a check begins.</param>
    /// <param name="ends">The reasons to end the check.</param>
    public CheckReport Compare(
        FedBatch batch,
        IReadOnlyDictionary<Value, OrtValue> values,
        Func<string, ResultElements> elements,
        double seconds,
        IProgress<RunProgress>? progress,
        CheckEnds ends
    )
    {
        progress?.Report(RunProgress.Begin(RunPhase.Check));
        // A number that is not finite is refused with the node that made it.
        return AreFinite(values)
            ? check.Run(Checked(batch, values, elements), seconds, settings, ends)
            : CheckReport.None("", "a result is not finite");
    }

    /// <summary>The right values of a batch whose directions are divided over shards; null where a result is not finite.</summary>
    /// <param name="batch">The inputs of the batch.</param>
    /// <param name="values">The values of the run, of which entries are chosen.</param>
    /// <param name="weight">The factor of the batch's part of a result, by its name.</param>
    /// <param name="seconds">How long the batch takes.</param>
    /// <param name="share">The share of the work of all shards that this run makes.</param>
    /// <param name="progress">Learns that a check begins.</param>
    /// <param name="ends">The reasons to end the check.</param>
    public DividedCheck? References(
        FedBatch batch,
        IReadOnlyDictionary<Value, OrtValue> values,
        Func<string, double> weight,
        double seconds,
        double share,
        IProgress<RunProgress>? progress,
        CheckEnds ends
    )
    {
        progress?.Report(RunProgress.Begin(RunPhase.Check));
        return AreFinite(values) ? check.References(Checked(batch, values, Read(values)), weight, seconds, share, settings, ends) : null;
    }

    private bool AreFinite(IReadOnlyDictionary<Value, OrtValue> values) => results.All(output => OrtTensors.IsFinite(values[output.Value]));

    private CheckedBatch Checked(FedBatch batch, IReadOnlyDictionary<Value, OrtValue> values, Func<string, ResultElements> elements)
    {
        var given = Given.ToDictionary(pair => pair.Value, pair => pair.Output);
        return new CheckedBatch(
            elements,
            value => values[given[value]],
            batch
                .Values.Where(feed => feed.Key.Name is not null)
                .ToDictionary(feed => feed.Key.Name!, feed => feed.Value, StringComparer.Ordinal),
            expect
        );
    }
}
