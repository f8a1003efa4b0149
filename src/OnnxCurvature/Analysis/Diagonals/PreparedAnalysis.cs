using System.Collections.Immutable;
using System.Diagnostics;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>An analysis that is planned, and that has not begun: which diagonals will be exact, and how long all takes.</summary>
internal sealed class PreparedAnalysis
{
    private readonly CurvatureRequest _request;
    private readonly AnalysisOptions _options;
    private readonly IReadOnlyDictionary<string, DataSource> _data;
    private readonly IReadOnlyDictionary<string, Ir.Value> _weights;
    private readonly PreparedRun? _exact;
    private readonly PreparedRun? _estimate;
    private readonly Func<HessianProduct>? _product;

    private PreparedAnalysis(
        string path,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        AnalysisOptions options,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    )
    {
        (_request, _options, _data) = (request, options, data);
        var pricing = RunPricing.Of(path, request, data, runOptions);
        var choice = new DiagonalChoice(pricing, request, options);
        (Model, Settled, RunOptions) = (pricing.Path, pricing.Settled, pricing.Options);
        Layers = choice.Make(progress, cancellation);
        LeftOut = choice.LeftOut;
        _weights = pricing.Graph.Values;
        _exact = Run(isExact: true, "planning the exact diagonals", choice.ExactRequest);
        _estimate = Run(isExact: false, "planning the estimates", choice.EstimateRequest);
        ExactSeconds = _exact is null ? 0 : choice.ExactSeconds;
        if (_estimate is null)
            return;
        EstimateSeconds = pricing.Price(choice.EstimateRequest(Names(isExact: false))).Seconds;
        if (options.Diagonal == Quantity.GgnDiagonal)
            return;
        ImmutableArray<string> estimated = [.. Names(isExact: false)];
        _product = () => HessianProduct.Create(pricing.Settled, pricing.Options, estimated);
        using var priced = _product();
        EstimateSeconds += options.Probes * priced.Seconds;

        PreparedRun? Run(bool isExact, string step, Func<IEnumerable<string>, CurvatureRequest> ask)
        {
            var names = Names(isExact).ToArray();
            if (names.Length == 0)
                return null;
            progress?.Report(new RunProgress(0, step, RunPhase.Plan));
            return RunPreparation.Of(path, ask(names), data, runOptions.EndedBy(cancellation) with { Preparing = progress });
        }
    }

    /// <summary>The full path of the model's file.</summary>
    public string Model { get; }

    /// <summary>The request and the data, for further runs over them.</summary>
    internal SettledRun Settled { get; }

    /// <summary>How runs are carried out.</summary>
    internal CurvatureRunOptions RunOptions { get; }

    /// <summary>How the diagonal of each weight will be had, in the order of the graph.</summary>
    public ImmutableArray<LayerPlan> Layers { get; }

    /// <summary>The weights that have no diagonal, and why.</summary>
    public ImmutableArray<(string Weight, string Reason)> LeftOut { get; }

    /// <summary>About how long the exact diagonals take, in seconds of a processor.</summary>
    public double ExactSeconds { get; }

    /// <summary>About how long the estimates take, in seconds of a processor.</summary>
    public double EstimateSeconds { get; }

    /// <summary>The full paths of the files that the model is read from.</summary>
    public ImmutableArray<string> ModelFiles => (_exact ?? _estimate)!.ModelFiles;

    /// <summary>Remarks for the user, one sentence each.</summary>
    public ImmutableArray<string> Notes => [.. Runs.SelectMany(run => run.Notes).Distinct()];

    private IEnumerable<PreparedRun> Runs => new[] { _exact, _estimate }.OfType<PreparedRun>();

    /// <summary>
    /// Runs. Throws <see cref="UserErrorException"/> for a result that is not finite, and <see cref="DisagreementException"/> where a run's
    /// check finds a disagreement.
    /// </summary>
    public NetworkCurvature Run(IProgress<RunProgress>? progress, CancellationToken cancellation) =>
        ErrorBoundary.Translate(() => Compute(progress, cancellation));

    /// <summary>Prices every weight and chooses. Throws <see cref="UserErrorException"/>.</summary>
    internal static PreparedAnalysis Create(
        string path,
        CurvatureRequest request,
        IReadOnlyDictionary<string, DataSource> data,
        CurvatureRunOptions runOptions,
        AnalysisOptions options,
        IProgress<RunProgress>? progress,
        CancellationToken cancellation
    ) => new(path, request, data, runOptions, options, progress, cancellation);

    private NetworkCurvature Compute(IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        progress?.Report(new RunProgress(0, _exact is null ? "estimates" : "exact diagonals"));
        var share = ExactSeconds / Math.Max(ExactSeconds + EstimateSeconds, double.Epsilon);
        var exact = _exact?.Run(Part(progress, 0, share, "exact diagonals"), cancellation);
        var estimates = Part(progress, share, 1, _product is null ? "estimates" : "gradients");
        var estimate = _estimate?.Run(estimates, cancellation);
        CurvatureResult[] results = [.. new[] { exact, estimate }.OfType<CurvatureResult>()];
        var tensors = results
            .SelectMany(result => result.Tensors)
            .DistinctBy(tensor => tensor.Name)
            .ToDictionary(tensor => tensor.Name, tensor => tensor.Values, StringComparer.Ordinal);
        if (_product is not null)
            Estimate(tensors, Part(progress, share, 1, "estimates"), cancellation);
        return new NetworkCurvature(
            Model,
            _request,
            _options,
            tensors[Quantity.Loss.OutputName("")][0],
            results[0].Samples,
            [.. Layers.Select(layer => Layer(layer, tensors))],
            LeftOut,
            [.. Notes.Concat(results.SelectMany(result => result.Notes)).Distinct()],
            [.. results.Select(result => result.Check)],
            clock.Elapsed.TotalSeconds
        )
        {
            Prepared = this,
            Provenance = Provenance.Of(ModelFiles, _data),
        };
    }

    /// <summary>Adds the estimates of the weights that have no exact diagonal, with their errors.</summary>
    private void Estimate(Dictionary<string, double[]> tensors, IProgress<RunProgress>? progress, CancellationToken cancellation)
    {
        using var product = _product!();
        var estimates = JointEstimate.Of(product, _options.Probes, _options.Seed, progress, cancellation);
        foreach (var (weight, (mean, error)) in product.Weights.Zip(estimates))
        {
            tensors[Quantity.HessianDiagonalEstimate.OutputName(weight)] = mean;
            tensors[Quantity.HessianDiagonalStandardError.OutputName(weight)] = error;
        }
    }

    private LayerCurvature Layer(LayerPlan plan, Dictionary<string, double[]> tensors)
    {
        var isGgn = _options.Diagonal == Quantity.GgnDiagonal;
        var (estimate, error) = isGgn
            ? (Quantity.GgnDiagonalEstimate, Quantity.GgnDiagonalStandardError)
            : (Quantity.HessianDiagonalEstimate, Quantity.HessianDiagonalStandardError);
        var quantity = plan.IsExact ? _options.Diagonal : estimate;
        return new LayerCurvature(plan)
        {
            Values = [.. _weights[plan.Weight].Constant!.Read().Floats],
            Gradient = [.. tensors[Quantity.Gradient.OutputName(plan.Weight)]],
            Diagonal = [.. tensors[quantity.OutputName(plan.Weight)]],
            StandardErrors = plan.IsExact ? null : [.. tensors[error.OutputName(plan.Weight)]],
        };
    }

    private IEnumerable<string> Names(bool isExact) => Layers.Where(layer => layer.IsExact == isExact).Select(layer => layer.Weight);

    /// <summary>A part of the progress of the whole.</summary>
    private static Section? Part(IProgress<RunProgress>? progress, double start, double end, string what) =>
        progress is null ? null : new Section(progress, start, end, what);

    /// <summary>Reports a run as a part of all that is done.</summary>
    private sealed class Section(IProgress<RunProgress> whole, double start, double end, string what) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) =>
            whole.Report(
                new RunProgress(start + (end - start) * value.Fraction, value.Message.Length == 0 ? what : $"{what}, {value.Message}")
            );
    }
}
