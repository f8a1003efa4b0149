using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Checking;

/// <summary>
/// The check of a run: a few entries of each exact result of its first batch are compared with <see cref="DirectionalDerivatives"/>. The
/// rounding of an entry that does not agree at once is measured, by deriving along multiples of the same directions.
/// </summary>
internal sealed class RunCheck
{
    /// <summary>How many entries of each result are checked, where their price allows it.</summary>
    public const int Entries = 4;

    private const int Seed = 1;

    private readonly LossHead _head;
    private readonly ImmutableArray<CheckPart> _parts;
    private readonly ImmutableArray<(string Name, string Reason)> _unchecked;

    private ImmutableHashSet<string> _squares = [];
    private CheckBudget? _budget;

    /// <summary>
    /// The seconds that it took to prepare the check, which the first run pays; without the compilation of the rules, which a plan takes,
    /// too.
    /// </summary>
    private double _prepared;

    private double _before;

    private RunCheck(LossHead head, ImmutableArray<CheckPart> parts, ImmutableArray<(string Name, string Reason)> left) =>
        (_head, _parts, _unchecked) = (head, parts, left);

    /// <summary>Prepares the check of what is asked of a model. Must be called before anything is derived in its graph.</summary>
    public static RunCheck Create(ModelGraph model, CurvatureRequest request)
    {
        var (clock, compiled) = (Stopwatch.StartNew(), JitInfo.GetCompilationTime(currentThread: true));
        var head = LossBuilder.Build(model, request.Loss, request.Reduction);
        var targets = Target.Resolve(model, request.WithRespectTo, head.Loss);
        var proof = new SampleProof(model, head);
        CheckedResult[] results = [.. ResultsOf(request, targets, head, proof)];
        var left = new List<(string Name, string Reason)>();
        var checkable = new List<CheckedResult>();
        foreach (var result in results)
            if (ObstacleOf(result, head) is { } obstacle)
                left.Add((result.Name, obstacle));
            else
                checkable.Add(result);
        var parts = ImmutableArray.CreateBuilder<CheckPart>();
        // Values that no node computes do not depend on each other; one that a node computes may depend on all others.
        foreach (var group in checkable.GroupBy(result => result.Target.Value.Producer is null ? null : result.Target.Value))
            try
            {
                ImmutableArray<Value> values = [.. group.SelectMany(result => result.Values).Distinct()];
                var needs = group.Aggregate(CheckedDerivatives.None, (all, result) => all | result.Needs);
                parts.Add(new CheckPart(new DirectionalDerivatives(model, head, values, needs), [.. group]));
            }
            catch (Exception exception) when (exception is UnsupportedModelException or UnsupportedOperatorException)
            {
                var reason = $"no second derivative in forward mode is known: {exception.Message}";
                left.AddRange(group.Select(result => (result.Name, reason)));
            }
        var prepared = clock.Elapsed - (JitInfo.GetCompilationTime(currentThread: true) - compiled);
        return new RunCheck(head, parts.ToImmutable(), [.. left]) { _prepared = prepared.TotalSeconds };
    }

    /// <summary>The exact results of a request, by target and by pair of targets, with where their samples lie.</summary>
    private static IEnumerable<CheckedResult> ResultsOf(
        CurvatureRequest request,
        IReadOnlyList<Target> targets,
        LossHead head,
        SampleProof proof
    )
    {
        foreach (var target in targets)
        foreach (var quantity in request.ResultsOfTargets().Distinct())
            if (quantity is > Quantity.Loss and < Quantity.HessianDiagonalEstimate)
                yield return new CheckedResult(target, quantity, proof.Of(target.Value), OutputOf(quantity));
        foreach (var pair in request.Pairs(targets))
            yield return new CheckedResult(pair.First, Quantity.CrossHessian, proof.Of(pair.First.Value), OutputOf(Quantity.CrossHessian))
            {
                Second = (pair.Second, proof.Of(pair.Second.Value)),
            };

        // A Jacobian is of the output itself, whatever entries a term of the loss takes together.
        SampleLayout OutputOf(Quantity quantity) =>
            quantity == Quantity.Jacobian && proof.Of(head.Output) is { IsSeparate: true } lying ? lying : proof.Place ?? SampleLayout.None;
    }

    /// <summary>Why a result cannot be checked, as a clause; null where it can.</summary>
    private static string? ObstacleOf(CheckedResult result, LossHead head)
    {
        if (result.Obstacle is { } own)
            return own;
        if (head.Output.Constant is not null)
            return "the output is a weight, which no node computes";
        SampleLayout[] layouts = [result.Samples, result.Output, result.Second?.Samples ?? SampleLayout.None];
        return layouts.All(SamplePositions.AreKnown) ? null : "the place of its samples depends on sizes that are not known";
    }

    /// <summary>The values of the model that the run must give for its first batch.</summary>
    public ImmutableArray<Value> Given => [.. _parts.SelectMany(part => part.Derivatives.Given).Distinct()];

    /// <summary>Sets what may be taken, and how second-order results are computed. Must be called before the check runs.</summary>
    public void Bind(CheckBudget budget, ImmutableArray<WeightPlan> methods)
    {
        _budget = budget;
        _squares =
        [
            .. from method in methods
            where method is { AddsSquares: true, Quantity: Quantity.HessianDiagonal or Quantity.GgnDiagonal }
            select method.Quantity.OutputName(method.Target),
        ];
    }

    /// <summary>Takes how long the run took before its first batch, which is a part of the time that the check is measured by.</summary>
    public void Follow(double seconds) => _before = seconds;

    /// <summary>
    /// Checks. Throws <see cref="DisagreementException"/> where an entry differs by more than rounding explains.
    /// </summary>
    /// <param name="batch">The first batch.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="ends">The reasons to end the check.</param>
    public CheckReport Run(CheckedBatch batch, double seconds, OrtSettings settings, CheckEnds ends)
    {
        var time = new CheckTime(_budget!.Expected, seconds, Interlocked.Exchange(ref _prepared, 0), Interlocked.Exchange(ref _before, 0));
        var (entries, undecided) = (ImmutableArray.CreateBuilder<VerifyEntry>(), ImmutableArray.CreateBuilder<VerifyEntry>());
        var left = _unchecked.ToBuilder();
        double largest = 0;
        InParts(
            batch,
            settings,
            time,
            steps: [0],
            ends,
            (part, stop) =>
            {
                var outcome = part.Comparison.Of(part.Probes, time, stop, ends.Cancellation);
                return () =>
                {
                    entries.AddRange(outcome.Found.Select(entry => entry.Entry));
                    undecided.AddRange(outcome.Undecided);
                    largest = outcome.Found.Select(entry => entry.Relative).Append(largest).Max();
                    left.AddRange(part.Without(outcome.Probes, outcome.Reason));
                };
            },
            left
        );
        var report = new CheckReport(entries.ToImmutable(), left.ToImmutable(), time.Taken)
        {
            LargestDifference = largest,
            Undecided = undecided.ToImmutable(),
        };
        return report.Agrees ? report : throw new DisagreementException(report);
    }

    /// <summary>The right values of entries of the results of a batch whose directions are divided over several runs.</summary>
    /// <param name="batch">The batch, with what this run computed of its results, by which entries are chosen.</param>
    /// <param name="weight">The factor of the batch's part of a result, by its name.</param>
    /// <param name="seconds">How long a whole batch takes.</param>
    /// <param name="share">The share of the work of all runs that this run makes.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="ends">The reasons to end the check.</param>
    public DividedCheck References(
        CheckedBatch batch,
        Func<string, double> weight,
        double seconds,
        double share,
        OrtSettings settings,
        CheckEnds ends
    )
    {
        var expected = (_budget!.Expected.Batch, share * _budget.Expected.Run);
        var time = new CheckTime(expected, seconds, Interlocked.Exchange(ref _prepared, 0), Interlocked.Exchange(ref _before, 0));
        var probes = ImmutableArray.CreateBuilder<ImmutableArray<DividedReference>>();
        var left = _unchecked.ToBuilder();
        InParts(
            batch,
            settings,
            time,
            steps: [.. CheckRounding.Steps.Reverse()],
            ends,
            (part, stop) =>
            {
                var (found, ended) = part.Comparison.References(part.Probes, part.Variations, time, stop, ends.Cancellation);
                return () =>
                {
                    probes.AddRange(
                        found.Select(probe =>
                            probe.Select(reference => new DividedReference(reference, weight(reference.Name))).ToImmutableArray()
                        )
                    );
                    left.AddRange(part.Without(found.Length, ended));
                };
            },
            left
        );
        return new DividedCheck(probes.ToImmutable(), left.ToImmutable(), time.Taken);
    }

    /// <summary>
    /// Compares what there is time and memory for: all targets of a part at once or, where these do not fit, each by itself. A part that
    /// comes to the memory limit is compared again with less at a time. The results of all others are left.
    /// </summary>
    /// <param name="batch">The batch.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="time">The time.</param>
    /// <param name="steps">In how many variations directions are derived: the first that there is time for is taken.</param>
    /// <param name="ends">The reasons to end the check.</param>
    /// <param name="compare">Compares, and gives what keeps that.</param>
    /// <param name="left">Takes results that are left, with reasons.</param>
    private void InParts(
        CheckedBatch batch,
        OrtSettings settings,
        CheckTime time,
        ImmutableArray<int> steps,
        CheckEnds ends,
        Func<PreparedPart, CancellationToken, Action> compare,
        ImmutableArray<(string Name, string Reason)>.Builder left
    )
    {
        ends.Cancellation.ThrowIfCancellationRequested();
        var pending = new Stack<CheckPart>(_parts.Reverse());
        while (pending.TryPop(out var part))
        {
            // Parts that take less than their share of the time leave the rest to those that follow.
            var (targets, others) = (part.Targets, pending.Sum(other => other.Targets));
            var share = (double)targets / (time.IsBound ? targets + others : _parts.Sum(all => all.Targets));
            var (allowance, variations) = Allowance(part);
            if ((allowance.LacksMemory || time.IsBound && allowance.Reason is not null) && part.Split() is { IsEmpty: false } smaller)
            {
                foreach (var one in smaller.Reverse())
                    pending.Push(one);
                continue;
            }
            if (allowance.Directions == 0)
            {
                left.AddRange(part.Results.Select(one => (one.Name, allowance.Reason!)));
                continue;
            }
            var stop = ends.Stopping();
            Action keep;
            using (var prepared = Prepare(part, batch, settings, allowance, variations))
                keep = compare(prepared, stop);
            if (stop.IsCancellationRequested && !ends.Cancellation.IsCancellationRequested)
            {
                ends.Recover();
                var less = part with { MostBytes = allowance.Peak?.Value / 2 };
                if (less.MostBytes is not null && (!less.Split().IsEmpty || Allowance(less).Of.Directions > 0))
                {
                    pending.Push(less);
                    continue;
                }
            }
            keep();

            (CheckAllowance Of, int Variations) Allowance(CheckPart one)
            {
                var (found, step) = (new CheckAllowance(0, 0, null), 0);
                foreach (var next in steps)
                {
                    (found, step) = (_budget!.For(one, share * time.Left, time, next), next);
                    if (found.Directions > 0)
                        break;
                }
                return (found, step);
            }
        }
    }

    private PreparedPart Prepare(CheckPart part, CheckedBatch batch, OrtSettings settings, CheckAllowance allowance, int variations)
    {
        var z = batch.ShapeOf(_head.Output);
        var values = part.Derivatives.Values;
        ImmutableArray<ResultEntries> results = [.. part.Results.Select(EntriesOf)];
        var inputs = batch
            .Fed.Where(input => results.Any(one => one.Result.Takes(input.Key)))
            .ToDictionary(input => input.Key, input => OrtTensors.Doubles(input.Value));
        var choices = results
            .GroupBy(one => one.Result.Target)
            .Select(one =>
                new ProbeChoice(values.IndexOf(one.Key.Value), value => values.IndexOf(value), [.. one], Entries, inputs).All(Seed)
            );
        // One of each target first.
        var ranked = choices.SelectMany(all => all.Select((probe, rank) => (Probe: probe, Rank: rank))).OrderBy(pair => pair.Rank);
        Probe[] probes = [.. ranked.Select(pair => pair.Probe).Take(allowance.Most)];
        var runs = new CheckRuns(rounding => new CheckRun(part.Derivatives, AtOnce(rounding), rounding, batch, settings));
        // Errors of all tangents take more memory than the derivatives do, and few entries need them.
        int AtOnce(CheckedRounding rounding) =>
            rounding == CheckedRounding.Wide ? allowance.Directions : Math.Min(allowance.Directions, CheckRounding.Steps[0]);
        var tf32 = settings.Provider == ExecutionProvider.Cuda && settings.Cuda.AllowTf32;
        var comparison = new CheckComparison(runs, _squares, _head, tf32, inputs);
        return new PreparedPart(runs, comparison, results, probes, variations, allowance.Reason);

        ResultEntries EntriesOf(CheckedResult one) =>
            new(one, batch.Result(one.Name), batch.ShapeOf(one.Target.Value), z, batch.ShapeOf(one.Values.Last()));
    }
}

/// <summary>The reasons to end a check.</summary>
/// <param name="Stopping">Ends it for the memory that it takes.</param>
/// <param name="Recover">Gives memory back and lets the run go on, after that.</param>
/// <param name="Cancellation">Ends the run.</param>
internal sealed record CheckEnds(Func<CancellationToken> Stopping, Action Recover, CancellationToken Cancellation);
