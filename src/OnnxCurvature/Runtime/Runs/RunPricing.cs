using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The time of runs of a model over some data, before any of them is decided on.</summary>
internal sealed class RunPricing
{
    private RunPricing(SettledRun settled, CurvatureRunOptions options)
    {
        Settled = settled;
        Options = options;
    }

    /// <summary>How runs are carried out, with the provider that can be had.</summary>
    public CurvatureRunOptions Options { get; }

    /// <summary>The request and the data, of which it is decided how they are cut.</summary>
    public SettledRun Settled { get; }

    /// <summary>The model, with the sizes that the data give it.</summary>
    public ModelGraph Graph => Settled.Model.Graph;

    /// <summary>The full path of the model's file.</summary>
    public string Path => Settled.Model.Path;

    /// <summary>The weights that are asked for, or, where none are named, those that the value of the loss depends on.</summary>
    public ImmutableArray<string> Weights => Settled.Request.WithRespectTo;

    /// <summary>Loads a model and decides how the data are cut. Throws <see cref="UserErrorException"/> for data that do not fit.</summary>
    public static RunPricing Of(
        string path,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions options
    )
    {
        OrtEnvironment.Start(options.OnnxRuntimePath);
        options = options with { Provider = CudaProvider.Choose(options.Provider, options.Cuda).Provider };
        var source = new ModelSource(path, request) { Dimensions = options.Dimensions, Limits = options.LoadLimits };
        var inputs = RunInputs.Resolve(source, data, options);
        AugmentedMetadata.CheckWeightFiles(inputs.Model);
        var graph = inputs.Model.Graph;
        var names = request.WithRespectTo.IsEmpty ? Needed(graph, request.Loss) : Named(graph, request);
        if (names.IsEmpty)
            throw new UserErrorException($"The loss of '{path}' depends on no weight, so there is nothing to analyze.");
        request = request with { WithRespectTo = names };
        return new RunPricing(RequestedRun.Settle(inputs, request, options), options);
    }

    /// <summary>
    /// The cost of a run of a request: how it is computed, and roughly how many seconds of a processor. Throws
    /// <see cref="UserErrorException"/> or <see cref="UnsupportedModelException"/> for what cannot be derived.
    /// </summary>
    public (ImmutableArray<WeightPlan> Methods, double Seconds) Price(CurvatureRequest request)
    {
        var limits = RunPlan.Limits(Options, Settled.Source);
        var plan = new Planner(Graph, request with { Loss = Settled.Request.Loss }, limits).Plan();
        var costs = new CostModel(limits with { Machine = Options.MachineForTimes?.Invoke() ?? limits.Machine });
        var cores = RunPlan.Cores(Options);
        var times = ScheduleTime.Of(plan.Program, costs, new CostModel(limits), cores, cores);
        return (plan.Methods, times.Start + Settled.Count * times.Run);
    }

    private static ImmutableArray<string> Needed(ModelGraph graph, LossRequest loss)
    {
        var value = LossBuilder.Find(graph, loss.Value);
        var needed = GraphWalk.Ancestors([value]).SelectMany(GraphWalk.Dependencies).Append(value).ToHashSet();
        // A weight without entries has no largest one, and nothing else to report.
        var weights = graph.Weights.Where(weight => needed.Contains(weight) && !IsEmpty(weight));
        return [.. weights.Select(weight => weight.Name!)];
    }

    private static ImmutableArray<string> Named(ModelGraph graph, CurvatureRequest request)
    {
        var targets = Target.Resolve(graph, request.WithRespectTo, LossBuilder.Find(graph, request.Loss.Value));
        foreach (var target in targets)
            if (target.IsPart || target.Value.Constant is null || IsEmpty(target.Value))
                throw new UserErrorException(
                    $"--wrt '{target.Name}' is no whole weight, and an analysis is made of whole weights; name a weight."
                );
        return [.. targets.Select(target => target.Name)];
    }

    private static bool IsEmpty(Value weight) => weight.Type.Shape.Elements.Known == 0;
}
