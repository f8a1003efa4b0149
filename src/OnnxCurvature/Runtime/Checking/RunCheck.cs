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
/// The check of a run: a few entries of each exact result of its first batch are compared with <see cref="DirectionalDerivatives"/>. What
/// rounding makes of an entry that does not agree at
/// once is measured, by deriving along multiples of the same directions.
/// </summary>
internal sealed class RunCheck
{
    /// <summary>How many entries of each result are checked, where their price allows it.</summary>
    public const int Entries = 4;

    private const int Seed = 1;

    private readonly LossHead _head;
    private readonly ImmutableArray<CheckGroup> _groups;
    private readonly ImmutableArray<UncheckedResult> _unchecked;

    private ImmutableHashSet<string> _squares = [];
    private CheckBudget? _budget;

    /// <summary>
    /// The seconds that it took to prepare the check, which the first run pays; without the compilation of the rules, which a plan takes,
    /// too.
    /// </summary>
    private double _prepared;

    private RunCheck(LossHead head, ImmutableArray<CheckGroup> groups, ImmutableArray<UncheckedResult> left) =>
        (_head, _groups, _unchecked) = (head, groups, left);

    /// <summary>Prepares the check of what is asked of a model. Must be called before anything is derived in its graph.</summary>
    public static RunCheck Create(ModelGraph model, CurvatureRequest request)
    {
        var (clock, compiled) = (Stopwatch.StartNew(), JitInfo.GetCompilationTime(currentThread: true));
        var targets = Target.Resolve(model, request.WithRespectTo);
        var head = LossBuilder.Build(model, request.Loss, request.Reduction);
        var proof = new SampleProof(model, head);
        var results = targets
            .SelectMany(target =>
                request
                    .ResultsOfTargets()
                    .Where(quantity => quantity is > Quantity.Loss and < Quantity.HessianDiagonalEstimate)
                    .Distinct()
                    .Select(quantity => new CheckedResult(target, quantity, proof.Of(target.Value), OutputOf(quantity)))
            )
            .Concat(request.Pairs(targets).Select(CrossHessian))
            .ToArray();
        CheckedResult CrossHessian(TargetPair pair) =>
            new(pair.First, Quantity.CrossHessian, proof.Of(pair.First.Value), OutputOf(Quantity.CrossHessian))
            {
                Second = (pair.Second, proof.Of(pair.Second.Value)),
            };
        // A Jacobian is of the output itself, whatever entries a term of the loss takes together.
        SampleLayout OutputOf(Quantity quantity) =>
            quantity == Quantity.Jacobian && proof.Of(head.Output) is { IsSeparate: true } lying ? lying : proof.Place ?? SampleLayout.None;
        string? ObstacleOf(CheckedResult result) =>
            result.Obstacle
            ?? (head.Output.Constant is null ? null : "the output is a weight, which no node computes")
            ?? (
                SamplePositions.AreKnown(result.Samples)
                && SamplePositions.AreKnown(result.Output)
                && SamplePositions.AreKnown(result.Second?.Samples ?? SampleLayout.None)
                    ? null
                    : "the place of its samples depends on sizes that are not known"
            );
        var left = results
            .Where(result => ObstacleOf(result) is not null)
            .Select(result => new UncheckedResult(result.Name, ObstacleOf(result)!))
            .ToList();
        var groups = ImmutableArray.CreateBuilder<CheckGroup>();
        // Values that nothing computes do not depend on each other; one that something does may depend on all others.
        var checkable = results.Where(result => ObstacleOf(result) is null);
        foreach (var group in checkable.GroupBy(result => result.Target.Value.Producer is null ? null : result.Target.Value))
            try
            {
                ImmutableArray<Value> values = [.. group.SelectMany(result => result.Values).Distinct()];
                var needs = group.Aggregate(CheckedDerivatives.None, (all, result) => all | result.Needs);
                groups.Add(new CheckGroup(new DirectionalDerivatives(model, head, values, needs), [.. group]));
            }
            catch (Exception exception) when (exception is UnsupportedModelException or UnsupportedOperatorException)
            {
                var reason = $"no second derivative in forward mode is known: {exception.Message}";
                left.AddRange(group.Select(result => new UncheckedResult(result.Name, reason)));
            }
        var prepared = clock.Elapsed - (JitInfo.GetCompilationTime(currentThread: true) - compiled);
        return new RunCheck(head, groups.ToImmutable(), [.. left]) { _prepared = prepared.TotalSeconds };
    }

    /// <summary>The values of the model that the run must give for its first batch.</summary>
    public ImmutableArray<Value> Given => [.. _groups.SelectMany(group => group.Derivatives.Given).Distinct()];

    /// <summary>Sets what may be taken, and how second-order results are computed. Must be called before the check runs.</summary>
    public void Bind(CheckBudget budget, ImmutableArray<WeightPlan> methods)
    {
        _budget = budget;
        _squares =
        [
            .. from method in methods
            where method is { Way: DerivativeWay.Squares, Quantity: Quantity.HessianDiagonal or Quantity.GgnDiagonal }
            select method.Quantity.OutputName(method.Target),
        ];
    }

    /// <summary>
    /// Checks. Throws <see cref="DisagreementException"/> where an entry differs by more than rounding explains.
    /// </summary>
    /// <param name="batch">The first batch.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="stop">Ends the check for the memory that it takes; what was compared until then stands.</param>
    /// <param name="cancellation">Ends the run.</param>
    public CheckReport Run(CheckedBatch batch, double seconds, OrtSettings settings, CancellationToken stop, CancellationToken cancellation)
    {
        var time = new CheckTime(_budget!.Expected, seconds, Interlocked.Exchange(ref _prepared, 0));
        var entries = ImmutableArray.CreateBuilder<VerifyEntry>();
        var left = _unchecked.ToBuilder();
        double largest = 0;
        cancellation.ThrowIfCancellationRequested();
        foreach (var group in Groups(batch, settings, time, steps: [0], left, stop))
            using (group)
            {
                var (found, done, ended) = group.Comparison.Of(group.Probes, time, stop, cancellation);
                entries.AddRange(found.Select(entry => entry.Entry));
                largest = found.Select(entry => entry.Relative).Append(largest).Max();
                left.AddRange(group.Without(done, ended));
            }
        var report = new CheckReport(entries.ToImmutable(), left.ToImmutable(), time.Taken) { LargestDifference = largest };
        return report.Agrees ? report : throw new DisagreementException(report);
    }

    /// <summary>What entries of the results of a batch must be whose directions are divided over several runs.</summary>
    /// <param name="batch">The batch, with what this run computed of its results, by which entries are chosen.</param>
    /// <param name="weight">What the batch's part of a result, by its name, is multiplied by.</param>
    /// <param name="seconds">How long a whole batch takes.</param>
    /// <param name="share">The share of the work of all runs that this run makes.</param>
    /// <param name="settings">How sessions run.</param>
    /// <param name="stop">Ends the check for the memory that it takes.</param>
    /// <param name="cancellation">Ends the run.</param>
    public DividedCheck References(
        CheckedBatch batch,
        Func<string, double> weight,
        double seconds,
        double share,
        OrtSettings settings,
        CancellationToken stop,
        CancellationToken cancellation
    )
    {
        var expected = (_budget!.Expected.Batch, share * _budget.Expected.Run);
        var time = new CheckTime(expected, seconds, Interlocked.Exchange(ref _prepared, 0));
        var probes = ImmutableArray.CreateBuilder<ImmutableArray<DividedReference>>();
        var left = _unchecked.ToBuilder();
        foreach (var group in Groups(batch, settings, time, steps: [.. CheckRounding.Steps.Reverse()], left, stop))
            using (group)
            {
                var (found, ended) = group.Comparison.References(group.Probes, group.Variations, time, stop, cancellation);
                probes.AddRange(
                    found.Select(probe =>
                        probe.Select(reference => new DividedReference(reference, weight(reference.Name))).ToImmutableArray()
                    )
                );
                left.AddRange(group.Without(found.Length, ended));
            }
        return new DividedCheck(probes.ToImmutable(), left.ToImmutable(), time.Taken);
    }

    /// <summary>The groups that there is time and memory for, each with its probes; the results of all others are left.</summary>
    private IEnumerable<PreparedGroup> Groups(
        CheckedBatch batch,
        OrtSettings settings,
        CheckTime time,
        ImmutableArray<int> steps,
        ImmutableArray<UncheckedResult>.Builder left,
        CancellationToken stop
    )
    {
        foreach (var (index, group) in _groups.Index())
        {
            if (stop.IsCancellationRequested)
            {
                left.AddRange(group.Results.Select(one => new UncheckedResult(one.Name, CheckTime.CameToBound)));
                continue;
            }
            var targets = group.Results.Select(result => result.Target).Distinct().Count();
            // Groups that take less than their part leave the rest to those that follow.
            var part = time.Left / (time.IsBound ? _groups.Length - index : _groups.Length);
            var (allowance, variations) = (new CheckAllowance(0, 0, null), 0);
            foreach (var step in steps)
            {
                (allowance, variations) = (_budget!.For(group.Derivatives, part, time, targets * Entries, step), step);
                if (allowance.Directions > 0)
                    break;
            }
            if (allowance.Directions == 0)
                left.AddRange(group.Results.Select(one => new UncheckedResult(one.Name, allowance.Reason!)));
            else
                yield return Prepare(group, batch, settings, allowance, variations);
        }
    }

    private PreparedGroup Prepare(CheckGroup group, CheckedBatch batch, OrtSettings settings, CheckAllowance allowance, int variations)
    {
        var z = WholeOf(_head.Output);
        var values = group.Derivatives.Values;
        ImmutableArray<ResultEntries> results = [.. group.Results.Select(one => EntriesOf(one, z))];
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
        var runs = new CheckRuns(rounding => new CheckRun(group.Derivatives, AtOnce(rounding), rounding, Value, settings));
        // Errors of all tangents take more memory than the derivatives do, and few entries need them.
        int AtOnce(CheckedRounding rounding) =>
            rounding == CheckedRounding.Wide ? allowance.Directions : Math.Min(allowance.Directions, CheckRounding.Steps[0]);
        var tf32 = settings.Provider == ExecutionProvider.Cuda && settings.Cuda.AllowTf32;
        var comparison = new CheckComparison(runs, _squares, _head, tf32, inputs);
        return new PreparedGroup(runs, comparison, results, probes, variations, allowance.Reason);

        ResultEntries EntriesOf(CheckedResult one, long[] z)
        {
            var (elements, shape) = batch.Result(one.Name);
            return new ResultEntries(one, elements, shape, WholeOf(one.Target.Value), z, WholeOf(one.Values.Last()));
        }

        // What weights alone tell is not given by a run.
        long[] WholeOf(Value value) => value.Type.Shape.IsKnown ? value.Type.Shape.Sizes : OrtTensors.Shape(Value(value));

        OrtValue Value(Value value) => value.IsParameter ? batch.Fed[value.Name!] : batch.Given(value);
    }
}

/// <summary>Values by which derivatives are checked together, and the results.</summary>
internal sealed class CheckGroup(DirectionalDerivatives derivatives, ImmutableArray<CheckedResult> results)
{
    /// <summary>What is derived.</summary>
    public DirectionalDerivatives Derivatives => derivatives;

    /// <summary>The results.</summary>
    public ImmutableArray<CheckedResult> Results => results;
}

/// <summary>How much a check may do.</summary>
/// <param name="Directions">How many directions at a time; 0 for none.</param>
/// <param name="Most">The most directions.</param>
/// <param name="Reason">Why it is not more: a clause; null where it is enough.</param>
internal sealed record CheckAllowance(int Directions, int Most, string? Reason);
