using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>The description that an augmented file holds in its metadata.</summary>
internal sealed record AugmentedMetadata
{
    /// <summary>The key of the list of the files that weights are taken from, with their digests.</summary>
    public const string WeightFilesKey = Prefix + "weight_files";

    private const string Prefix = "onnx_curvature.";

    /// <summary>How far an entry may be from test data: a share of itself, and one of the largest entry of its output.</summary>
    private const string TestTolerance = "rtol=1e-3 atol_of_largest=1e-5";

    /// <summary>In files of an earlier format, copies of weights were constants.</summary>
    private const long Format = 2;

    /// <summary>The outputs that were added.</summary>
    public required ImmutableArray<string> Outputs { get; init; }

    /// <summary>The quantities of these outputs, by the names that results have where nothing renames them.</summary>
    public required ImmutableArray<string> Results { get; init; }

    /// <summary>The outputs that have the opposite sign.</summary>
    public required ImmutableArray<string> Negated { get; init; }

    /// <summary>Whether results of several batches are averaged over samples, and not added.</summary>
    public required bool Averages { get; init; }

    /// <summary>
    /// Why results of several batches are not proven to give those of all samples at once, as a clause; null where they are.
    /// </summary>
    public required string? BatchObstacle { get; init; }

    /// <summary>The outputs that hold something for each sample, along the first axis.</summary>
    public required ImmutableArray<string> PerSample { get; init; }

    /// <summary>The input that holds labels of classes, or null.</summary>
    public required ClassLabels? Labels { get; init; }

    /// <summary>How each second-order quantity is computed: one sentence each.</summary>
    public required ImmutableArray<string> Methods { get; init; }

    /// <summary>The outputs that batches do not weigh.</summary>
    public required ImmutableArray<string> Unweighted { get; init; }

    /// <summary>The inputs of which every batch takes the whole.</summary>
    public required ImmutableArray<string> WholeInputs { get; init; }

    /// <summary>
    /// The inputs in which samples do not lie one at each index of the first axis, as labels of merged rows. Only all samples at once can
    /// be fed by what the file says.
    /// </summary>
    public required ImmutableArray<string> MergedInputs { get; init; }

    /// <summary>The inputs that a run takes whole.</summary>
    public IEnumerable<string> Uncut => WholeInputs.Concat(MergedInputs);

    /// <summary>The number of runs that the caller makes, and adds up.</summary>
    public required long Runs { get; init; }

    /// <summary>Reads metadata; null where the file is not an augmented one.</summary>
    public static AugmentedMetadata? Read(IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.ContainsKey(Prefix + "outputs"))
            return null;
        var outputs = Lines(metadata, "outputs");
        var labels = metadata.GetValueOrDefault(Prefix + "labels", "");
        return new AugmentedMetadata
        {
            Outputs = outputs,
            Results = Lines(metadata, "results") is var results && results.Length == outputs.Length ? results : outputs,
            Negated = Lines(metadata, "negated"),
            Averages = metadata.GetValueOrDefault(Prefix + "batches") == "average",
            BatchObstacle = metadata.GetValueOrDefault(Prefix + "batch_obstacle", "the file does not say that they do")
                is { Length: > 0 } why
                ? why
                : null,
            PerSample = Lines(metadata, "per_sample"),
            Labels =
                labels.Length > 0 && Number(metadata, "classes") is { } classes
                    ? new ClassLabels(labels, classes, Number(metadata, "ignored_label"))
                    : null,
            Methods = Lines(metadata, "methods"),
            Unweighted = Lines(metadata, "unweighted"),
            WholeInputs = Lines(metadata, "whole_inputs"),
            MergedInputs = Lines(metadata, "merged_inputs"),
            Runs = Number(metadata, "runs") ?? 1,
        };
    }

    /// <summary>The description of an augmented file, for people; null where the file is none.</summary>
    public static AugmentedModel? Describe(IReadOnlyDictionary<string, string> metadata) =>
        Read(metadata) is not { } known
            ? null
            : new AugmentedModel(
                metadata.GetValueOrDefault(Prefix + "source", ""),
                metadata.GetValueOrDefault(Prefix + "source_sha256", ""),
                metadata.GetValueOrDefault(Prefix + "version", ""),
                metadata.GetValueOrDefault(Prefix + "profile", ""),
                metadata.GetValueOrDefault(Prefix + "calling_convention", ""),
                metadata.GetValueOrDefault(Prefix + "loss", ""),
                metadata.GetValueOrDefault(Prefix + "reduction", ""),
                Lines(metadata, "wrt"),
                known.Outputs,
                known.Methods
            );

    /// <summary>Notes on results that have other names than usual, one sentence each.</summary>
    public IEnumerable<string> NewNames =>
        Outputs
            .Zip(Results)
            .Where(names => names.First != names.Second || Negated.Contains(names.First))
            .Select(names => $"'{names.First}' is {names.Second}{(Negated.Contains(names.First) ? " with the opposite sign" : "")}.");

    /// <summary>A tensor that the file gives out, with what it holds.</summary>
    public ResultTensor Describe(ResultTensor tensor) =>
        tensor with
        {
            CanonicalName = Results[Outputs.IndexOf(tensor.Name)],
            IsNegated = Negated.Contains(tensor.Name),
        };

    /// <summary>
    /// Throws <see cref="UserErrorException"/> where a file that an augmented model takes weights from has been replaced.
    /// </summary>
    public static void CheckWeightFiles(OnnxModel model) =>
        FileDigest.Check(model.Path, model.Metadata.GetValueOrDefault(WeightFilesKey, ""));

    /// <summary>
    /// Why batches of what is derived of a model cannot be put together, as a clause: it is an augmented one. Null for any other.
    /// </summary>
    public static string? BatchObstacleOf(OnnxModel source) =>
        Read(source.Metadata) is null ? null : "results of an augmented model belong to the batch that they are computed of";

    /// <summary>
    /// Throws <see cref="UserErrorException"/> for an augmented model whose derivatives would not be those of what it computes.
    /// </summary>
    public static void CheckDerivable(OnnxModel model)
    {
        if (Read(model.Metadata) is not { } metadata)
            return;
        if (metadata.Runs > 1)
            throw new UserErrorException(
                $"'{model.Path}' is written for callers that make {metadata.Runs} runs and add up (--profile portable), so no single "
                    + $"run has its results; augment its source with --profile single-run, and derive that file."
            );
        if ((Number(model.Metadata, "format") ?? 1) < Format)
            throw new UserErrorException(
                $"'{model.Path}' was written by an earlier version, in whose files copies of weights are constants, so that derivatives "
                    + $"by weights would be wrong; augment its source '{model.Metadata.GetValueOrDefault(Prefix + "source")}' again."
            );
    }

    /// <summary>
    /// The metadata of a plan. The metadata of an augmented source stay, under names that begin with <c>onnx_curvature.source.</c>
    /// </summary>
    public static IReadOnlyDictionary<string, string> Of(
        CurvaturePlan plan,
        BatchRule batches,
        CallingConvention convention,
        OnnxModel source
    )
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Prefix + "version"] = typeof(AugmentedMetadata).Assembly.GetName().Version!.ToString(3),
            [Prefix + "format"] = Format.ToString(CultureInfo.InvariantCulture),
            [Prefix + "source"] = Path.GetFileName(source.Path),
            [Prefix + "source_sha256"] = source.Sha256,
            [Prefix + "wrt"] = string.Join('\n', plan.Targets.Select(target => target.Name)),
            [Prefix + "loss"] = plan.Request.Loss.ToString(),
            [Prefix + "reduction"] = plan.Request.Reduction == Reduction.Mean ? "mean" : "sum",
            [Prefix + "precision"] = plan.Request.Precision == Precision.Float64 ? "float64" : "model",
            [Prefix + "straight_through"] = plan.Request.StraightThrough ? "true" : "false",
            [Prefix + "batches"] = batches.Weight == BatchWeight.Samples ? "average" : "add",
            [Prefix + "batch_obstacle"] = batches.Obstacle ?? "",
            [Prefix + "per_sample"] = string.Join('\n', plan.PerSample),
            [Prefix + "unweighted"] = string.Join('\n', plan.Unweighted),
            [Prefix + "whole_inputs"] = string.Join('\n', plan.WholeInputs),
            [Prefix + "labels"] = plan.Loss.Labels?.Input ?? "",
            [Prefix + "classes"] = plan.Loss.Labels?.Classes.ToString(CultureInfo.InvariantCulture) ?? "",
            [Prefix + "ignored_label"] = plan.Loss.Labels?.Ignored?.ToString(CultureInfo.InvariantCulture) ?? "",
            [Prefix + "outputs"] = string.Join('\n', plan.Outputs),
            [Prefix + "results"] = string.Join('\n', plan.Results),
            [Prefix + "negated"] = string.Join('\n', plan.Negated),
            [Prefix + "profile"] = convention.Profile.Name(),
            [Prefix + "calling_convention"] = convention.Text,
            [Prefix + "runs"] = convention.Runs.ToString(CultureInfo.InvariantCulture),
            [Prefix + "run_input"] = convention.Runs == 1 ? "" : PortableProfile.RunInput,
            [Prefix + "summed_outputs"] = string.Join('\n', convention.Summed),
            [Prefix + "test_tolerance"] = TestTolerance,
            [Prefix + "compiled_in"] = string.Join('\n', CompiledIn(plan.Program)),
            [Prefix + "exact"] =
                !plan.Request.StraightThrough
                && plan.Request.Quantities.All(quantity => plan.Request.ResultsOf(quantity).Contains(quantity))
                    ? "true"
                    : "false",
            [Prefix + "methods"] = string.Join(
                '\n',
                plan.Methods.Select(method => $"{plan.OutputOf(method)}: {method.Method}, {method.Directions} directions; {method.Reason}")
            ),
        };
        var merged = plan
            .InputLayouts.Where(entry => entry.Value.IsSeparate && entry.Value != SampleLayout.At(0))
            .Select(entry => entry.Key)
            .Except(plan.WholeInputs)
            .Union(Read(source.Metadata)?.MergedInputs ?? [])
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (merged.Length > 0)
            metadata[Prefix + "merged_inputs"] = string.Join('\n', merged);
        if (plan.Request.Loss.Classes is { IsGiven: true } classes)
            metadata[Prefix + "loss_options"] = classes.Text(plan.Loss.ClassAxis!.Value);
        if (plan.Request.Loss.PositiveTensor is { } weights)
            metadata[Prefix + "loss_options"] =
                $"pos_weight={string.Join(",", weights.Floats.Select(weight => weight.ToString("R", CultureInfo.InvariantCulture)))}";
        foreach (var (key, value) in source.Metadata)
            if (key.StartsWith(Prefix, StringComparison.Ordinal))
                metadata[$"{Prefix}source.{key[Prefix.Length..]}"] = value;
        return metadata;
    }

    /// <summary>The weights whose elements decided what was compiled: the file does not follow when these are replaced.</summary>
    private static IEnumerable<string> CompiledIn(Program program) =>
        program.Nodes.SelectMany(GraphWalk.Dependencies).Where(value => value.IsCompiledIn).Select(value => value.Name!).Distinct();

    private static ImmutableArray<string> Lines(IReadOnlyDictionary<string, string> metadata, string key) =>
        [.. metadata.GetValueOrDefault(Prefix + key, "").Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private static long? Number(IReadOnlyDictionary<string, string> metadata, string key) =>
        long.TryParse(metadata.GetValueOrDefault(Prefix + key), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
