using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// A model's file, and how it is loaded for a request. All of this finds out about a run is put into it, so that loading again gives the
/// same model.
/// </summary>
/// <param name="Path">The <c>.onnx</c> file.</param>
/// <param name="Request">The request; null for an augmented file, which is run as it is.</param>
internal sealed record ModelSource(string Path, CurvatureRequest? Request)
{
    private readonly FileStructure _file = new();

    /// <summary>Sizes of symbolic dimensions, by name.</summary>
    public ImmutableDictionary<string, long> Dimensions { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>
    /// The number of samples in a batch, which dimensions have that stay symbolic because the last batch has fewer; 1 where it is not known
    /// yet.
    /// </summary>
    public long BatchSize { get; init; } = 1;

    /// <summary>Values of inputs, by name, that become constants.</summary>
    public ImmutableDictionary<string, Tensor> Fixed { get; init; } =
        (Request?.FixedTensors ?? ImmutableDictionary<string, Tensor>.Empty).ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>Along which axis of inputs, by name, samples lie, where that is known: null for an input that holds none.</summary>
    public ImmutableDictionary<string, int?> SampleAxes { get; init; } =
        (Request?.SampleAxes ?? ImmutableDictionary<string, int?>.Empty).ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>The most that loading may take.</summary>
    public WorkLimits Limits { get; init; } = new();

    /// <summary>The folder that weights are taken from by reference.</summary>
    public string Folder => ExternalData.FolderOf(Path);

    /// <summary>
    /// Loads the model; where <paramref name="isPartial"/> says so without what cannot be inferred yet. The file is read once for this
    /// source and those that are made of it. Throws <see cref="UserErrorException"/>.
    /// </summary>
    public OnnxModel Load(bool isPartial = false) =>
        OnnxModel.Load(
            _file.Of(Path, Limits),
            new LoadOptions
            {
                Dims = Dimensions,
                Precision = Request?.Precision ?? Precision.Model,
                StraightThrough = Request?.StraightThrough ?? false,
                Targets = Request?.WithRespectTo ?? [],
                Fixed = Fixed,
                SampleAxes = SampleAxes,
                KeepLoops = Request is null,
                Limits = Limits,
                Partial = isPartial,
                Asked = Request is null ? [] : [Request.Loss.Value, .. Parts(Request.Loss), .. Request.WithRespectTo.SelectMany(Names)],
                Oracle = new OrtShapeOracle(),
            }
        );

    /// <summary>
    /// Plans on a model that was loaded from here. The roles of an augmented model's inputs hold for its derivatives, too. Throws
    /// <see cref="UserErrorException"/> for all nodes of the model that cannot be differentiated.
    /// </summary>
    public static CurvaturePlan Plan(OnnxModel model, Planner planner)
    {
        try
        {
            var plan = planner.Plan();
            var augmented = AugmentedMetadata.Read(model.Metadata);
            var whole = model.Graph.SampleAxes.Where(entry => entry.Value is null).Select(entry => entry.Key.Name!);
            // The target of a result that does not hold samples, as a gradient by a weight, is the same for every batch.
            string[] target =
                augmented is not null && plan.Loss.Target is { } given && !new SampleProof(model.Graph, plan.Loss).Of(given).IsSeparate
                    ? [given.Name!]
                    : [];
            return plan with
            {
                WholeInputs = [.. (augmented?.WholeInputs ?? []).Union(whole).Union(plan.WholeInputs).Union(target)],
                Loss = plan.Loss with { Labels = plan.Loss.Labels ?? augmented?.Labels },
            };
        }
        catch (UnsupportedModelException exception)
        {
            throw new UserErrorException(
                $"'{model.Path}' cannot be differentiated as asked: "
                    + $"{exception.Describe(model.OpsetImports)}; name values after these nodes with --wrt, or replace them by standard "
                    + $"operators."
            );
        }
    }

    /// <summary>The value that the loss is taken of a part of.</summary>
    private static IEnumerable<string> Parts(LossRequest loss) => loss.Value is { } value ? Names(value) : [];

    /// <summary>The names that a pattern of --wrt may have: itself, or the part before a range.</summary>
    private static IEnumerable<string> Names(string pattern) =>
        pattern.LastIndexOf('[') is > 0 and var bracket ? [pattern, pattern[..bracket]] : [pattern];

    /// <summary>The contents of a file, the elements of large weights excepted, which is read when it is first asked for.</summary>
    private sealed class FileStructure
    {
        private readonly Lock _lock = new();
        private ModelReader? _file;

        public ModelReader Of(string path, WorkLimits limits)
        {
            lock (_lock)
                return _file ??= OnnxModel.Read(path, limits);
        }
    }
}
