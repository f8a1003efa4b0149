using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Schedules;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Plans the run of what is asked of a model.</summary>
internal static class RequestedRun
{
    /// <summary>
    /// Decides about batches, gives the model the sizes that follow from the data, and plans. Throws <see cref="UserErrorException"/> for
    /// data that do not fit, and where even the smallest chunks take more memory than is allowed.
    /// </summary>
    public static RunPlan Plan(RunInputs inputs, CurvatureRequest request, CurvatureRunOptions options)
    {
        var asked = request;
        var settled = Settle(inputs, request, options);
        var source = settled.Source;
        var model = settled.Model;
        var data = settled.Data;
        var batches = settled.Batches;
        request = settled.Request;
        if (request is { Tolerance: not null, KeptClasses: null })
            request = request with { KeptClasses = ClassCount.Of(source, request, data, batches, options, inputs.Given.Names) };
        var layouts = batches is { IsWhole: false, Size: 1 }
            ? SingleSample.Layouts(source, model, request, RunPlan.Limits(options, source))
            : null;
        // Before the plan, since what is checked is derived from the model's own nodes alone.
        var check = options.Check ? RunCheck.Create(model.Graph, request) : null;
        var left = options.Check ? "" : "the run was made with --no-check";
        CurvaturePlan plan;
        try
        {
            plan = Fit(source, model, request, batches, options, layouts, check);
        }
        catch (MemoryLimitException) when (check is not null)
        {
            check = null;
            left = "the values that it takes of the run do not fit the memory limit";
            plan = Fit(source, model, request, batches, options, layouts, check);
        }
        var given = plan.Program.Parameters.Where(parameter => parameter != plan.BatchNumber).ToArray();
        var set = Bind(data, inputs.Given);
        var averages = (batches.IsWhole ? plan.Loss.Reduction : batches.Weight) == BatchWeight.Samples;
        var join = new BatchJoin(averages, [.. plan.PerSample], [.. plan.Unweighted])
        {
            Independent = plan.BatchNumber is not null,
            Moments = plan.Moments,
        };
        var run = new RunPlan(source, options.Faults.Program(plan.Program), join, set)
        {
            Check = check,
            Unchecked = left,
            BatchNumber = plan.BatchNumber,
            Loss = request.Loss,
            Methods = plan.Methods,
            Notes = [.. model.Notes, .. inputs.Notes, .. plan.Notes, .. batches.Notes(plan.MemoryBytes), .. set.Notes],
            Flops = plan.Flops,
            MemoryBytes = plan.MemoryBytes,
        };
        check?.Bind(run.BudgetOfCheck(options), plan.Methods);
        var sized = LossTargets.Sized(source, inputs.Model.Graph, inputs.Data);
        return OverOthers(run);

        // A plan that holds for its data holds for those of the next run, too.
        RunPlan OverOthers(RunPlan one) =>
            one with
            {
                Over = others =>
                    OtherData.Settled(inputs, sized, asked, request.Loss, options, others) is { } other
                        ? OverOthers(one with { Data = Bind(other.Arrays, other.Given) })
                        : null,
            };

        DataSet Bind(IReadOnlyDictionary<string, NpyArray> arrays, GivenData from)
        {
            from.Check(plan.InputLayouts);
            return DataSet.Bind(
                given,
                arrays,
                plan.InputLayouts,
                batches.Size,
                plan.Loss.Labels,
                !NumberCheck.TakesNaN(plan.Program),
                from.Names,
                options.Preparing
            );
        }
    }

    /// <summary>
    /// Decides about batches, and gives the model the sizes that follow from the data. Throws <see cref="UserErrorException"/> for data
    /// that do not fit.
    /// </summary>
    public static SettledRun Settle(RunInputs inputs, CurvatureRequest request, CurvatureRunOptions options)
    {
        var (source, model, data) = (inputs.Source, inputs.Model, inputs.Data);
        AugmentedMetadata.CheckDerivable(model);
        // Which branch of an If is taken may depend on the sizes of the data. How these are cut does not change axes without samples.
        if (!model.LeftOutNodes.IsEmpty)
        {
            source = source with { Dimensions = DataSet.Dimensions(model.Graph, data, null).SetItems(source.Dimensions) };
            model = source.Load();
        }
        (request, data) = LossTargets.Of(LossTargets.Sized(source, model.Graph, data), model.Graph, request, data, inputs.Given.Names);
        // The number of classes must be known; where every sample is one, all samples determine it.
        if (
            LossBuilder.SymbolOfClasses(model.Graph, request.Loss) is { } symbol
            && DataSet.Dimensions(model.Graph, data, long.MaxValue).TryGetValue(symbol, out var classes)
        )
        {
            source = source with { Dimensions = source.Dimensions.SetItem(symbol, classes) };
            model = source.Load();
        }
        var batches = BatchDecision.Of(model.Graph, request, data, options, AugmentedMetadata.BatchObstacleOf(model));
        // The data make the program a plainer one, and what was built to decide is no part of it, so the model is loaded again.
        source = Decided(source, model.Graph, data, batches);
        return new SettledRun(source, source.Load(), request, data, batches);
    }

    /// <summary>How the model is loaded once it is known how the data are cut.</summary>
    private static ModelSource Decided(
        ModelSource source,
        ModelGraph model,
        IReadOnlyDictionary<string, NpyArray> data,
        BatchDecision batches
    )
    {
        var layouts = InputSamples.Of(model);
        return source with
        {
            Dimensions = DataSet.Dimensions(model, data, batches.Size).SetItems(source.Dimensions),
            BatchSize = batches.Size,
            SampleAxes = model
                .Inputs.Where(input => input.Type.Rank > 0)
                .ToImmutableDictionary(
                    input => input.Name!,
                    input => layouts.TryGetValue(input, out var samples) ? samples.Axis : (int?)null,
                    StringComparer.Ordinal
                ),
        };
    }

    /// <summary>The plan that keeps to the bound on memory.</summary>
    private static CurvaturePlan Fit(
        ModelSource source,
        OnnxModel model,
        CurvatureRequest request,
        BatchDecision batches,
        CurvatureRunOptions options,
        PlanLayouts? layouts,
        RunCheck? check
    )
    {
        var limits = RunPlan.Limits(options, source);
        var count = WholeNumbers.DivideUp(batches.Samples, batches.Size);
        return options.ChosenProvider == ExecutionProvider.Cpu && options.ChunkBytes is null ? Bounded() : Of(limits).Within(limits);

        // Chunks side by side keep all cores busy, so they are made small enough for it, unless one direction at a time takes too much.
        CurvaturePlan Bounded()
        {
            if (RunPlan.Cores(options) > 1)
                try
                {
                    return Budget(RunPlan.Cores(options)).Plan(chunk => Of(limits with { MemoryBytes = chunk }));
                }
                catch (MemoryLimitException)
                {
                    // One after another they may fit.
                }
            return Budget(1).Plan(chunk => Of(limits with { MemoryBytes = chunk }));
        }

        MemoryBudget Budget(int atOnce) =>
            new(options.Bound, severalBatches: !batches.IsWhole)
            {
                ResultBytes = made =>
                    JoinedBytes.Of(
                        made.Program.Outputs.SkipLast(check?.Given.Length ?? 0),
                        made.PerSample,
                        made.Moments,
                        count,
                        DirectionSegments.MayBeSeveral(made.Program, made.Flops, count),
                        limits.Size
                    ),
                PlannedBytes = options.PlannedBytes,
                TakesLeast = options.PlannedBytes is not null && check is null,
                Obstacle = batches.IsWhole ? batches.Obstacle : null,
                Beside = RunPlan.Beside(limits, atOnce, options),
            };

        CurvaturePlan Of(PlanLimits bounds)
        {
            var made = ModelSource.Plan(
                model,
                new Planner(model.Graph, request, bounds)
                {
                    NumbersBatches = !batches.IsWhole && request.IsRandom,
                    GivesMoments = true,
                    Given = check?.Given ?? [],
                    Loss = options.Faults.Loss,
                    Layouts = layouts,
                }
            );
            CheckSizes(made.Program.Outputs.SkipLast(check?.Given.Length ?? 0), limits);
            return made;
        }
    }

    private static void CheckSizes(IEnumerable<NamedValue> results, PlanLimits limits)
    {
        foreach (var output in results)
            if (limits.Size(output.Value.Type.Shape.Elements) * output.Value.Type.Element.Size() is > int.MaxValue and var bytes)
                throw new UserErrorException(
                    $"'{output.Name}' would take {Math.Ceiling(bytes / (1 << 30))} GiB for a batch, and 2 "
                        + $"GiB is the most that one result may have; ask for parts, as in --wrt 'NAME[0:16]', or for smaller batches."
                );
    }
}
