using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The loss.</summary>
/// <param name="absent">When it may be absent, as "for an augmented model"; null where it may not.</param>
internal sealed class LossArguments(string? absent) : OptionGroup("Loss")
{
    public Option<LossRequest?> Loss { get; } =
        new("--loss")
        {
            HelpName = "KIND[:VALUE]",
            Description =
                "cross-entropy, binary-cross-entropy, mse, sum or value. The loss is that of the named VALUE, of a part of it such as "
                + "'z[:, 3]', or of the model's first output [default of VALUE: the first output]"
                + (absent is null ? "." : $" [default: none, {absent}]."),
            CustomParser = Parsers.Loss,
            Required = absent is null,
            CompletionSources = { LossRequest.Kinds.ToArray() },
        };

    public Option<string?> Reduction { get; } =
        new("--reduction")
        {
            HelpName = "mean|sum",
            Description = "How the losses of samples become one [default: mean].",
            CustomParser = Parsers.Word("--reduction", "mean", "sum"),
        };

    public Option<int?> ClassAxis { get; } =
        new("--class-axis")
        {
            HelpName = "AXIS",
            Description =
                "The axis of classes of cross-entropy. It is one of the value that the loss is taken of; negative ones count from the "
                + "last [default: that of a final Softmax; else in a run the one that leaves the shape of the labels, and 1 in a file].",
            CustomParser = Parsers.Integer("--class-axis", int.MinValue),
        };

    public Option<int?> IgnoreIndex { get; } =
        new("--ignore-index")
        {
            HelpName = "LABEL",
            Description =
                "The label that does not count in cross-entropy. A mean is then over the others [default: -100 in a run; none in a file].",
            CustomParser = Parsers.Integer("--ignore-index", int.MinValue),
        };

    public Option<double?> LabelSmoothing { get; } =
        new("--label-smoothing")
        {
            HelpName = "E",
            Description =
                "The share of each label that all classes get evenly. It is a number from 0 to 1, for cross-entropy [default: 0].",
            CustomParser = Parsers.Number("--label-smoothing"),
        };

    public Option<string?> ClassWeights { get; } =
        new("--class-weights")
        {
            HelpName = "FILE",
            Description =
                "A .npy file of a weight for each class. Cross-entropy takes it; a mean divides by the weights of the labels "
                + "[default: all 1].",
        };

    public Option<bool> SoftLabels { get; } =
        new("--soft-labels")
        {
            Description =
                "Labels hold a probability for each class. They have the shape of the logits [default: in a run, where the data are such].",
        };

    public Option<string?> PositiveWeights { get; } =
        new("--pos-weight")
        {
            HelpName = "FILE",
            Description =
                "A .npy file of weights of positive entries. Binary cross-entropy takes it, as one number or in a shape that broadcasts to "
                + "the output's [default: all 1].",
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options =>
        [Loss, Reduction, ClassAxis, IgnoreIndex, LabelSmoothing, ClassWeights, SoftLabels, PositiveWeights];

    /// <summary>
    /// The loss with its options. Throws <see cref="UserErrorException"/> where a file of weights cannot be read.
    /// </summary>
    public LossRequest RequestOf(ParseResult parsed, LossRequest loss, IProgress<RunProgress> progress) =>
        loss with
        {
            Classes = ClassesOf(parsed, progress),
            PositiveTensor = parsed.GetValue(PositiveWeights) is { } path ? NumbersOf(path, progress) : null,
        };

    /// <summary>How the losses of samples become one.</summary>
    public Reduction ReductionOf(ParseResult parsed) =>
        parsed.GetValue(Reduction) == "sum" ? Methods.Requests.Reduction.Sum : Methods.Requests.Reduction.Mean;

    private static Tensor NumbersOf(string path, IProgress<RunProgress> progress)
    {
        progress.Reading(path);
        var array = Files.NpyReader.Read(path);
        return Tensor.Of(ElementType.Float64, array.Shape, array.ToDoubles());
    }

    private ClassOptions ClassesOf(ParseResult parsed, IProgress<RunProgress> progress) =>
        new()
        {
            Axis = parsed.GetValue(ClassAxis),
            IgnoreIndex = parsed.GetValue(IgnoreIndex),
            LabelSmoothing = parsed.GetValue(LabelSmoothing) ?? 0,
            ClassWeights = parsed.GetValue(ClassWeights) is { } path ? Read(path, progress) : [],
            SoftLabels = parsed.GetValue(SoftLabels),
        };

    private static ImmutableArray<double> Read(string path, IProgress<RunProgress> progress)
    {
        progress.Reading(path);
        var array = Files.NpyReader.Read(path);
        return array.Shape.Length == 1
            ? [.. array.ToDoubles()]
            : throw new UserErrorException(
                $"--class-weights '{path}' has the shape [{string.Join(",", array.Shape)}]; give one number for each class along one axis."
            );
    }
}
