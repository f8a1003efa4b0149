using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of cross-entropy.</summary>
internal sealed class ClassArguments
{
    public Option<int?> Axis { get; } =
        new("--class-axis")
        {
            HelpName = "AXIS",
            Description =
                "The axis of classes in the value that cross-entropy is taken of; negative ones count from the last [default: that of a "
                + "final Softmax; else in a run the one that leaves the shape of the labels, and 1 in a file].",
            CustomParser = Parsers.Integer("--class-axis", int.MinValue),
        };

    public Option<int?> IgnoreIndex { get; } =
        new("--ignore-index")
        {
            HelpName = "LABEL",
            Description =
                "The label that does not count in cross-entropy, so that a mean is over the others [default: -100 in a run; none in a "
                + "file].",
            CustomParser = Parsers.Integer("--ignore-index", int.MinValue),
        };

    public Option<double?> Smoothing { get; } =
        new("--label-smoothing")
        {
            HelpName = "E",
            Description = "The share of each label of cross-entropy that is spread evenly over all classes, from 0 to 1 [default: 0].",
            CustomParser = Parsers.Number("--label-smoothing"),
        };

    public Option<string?> Weights { get; } =
        new("--class-weights")
        {
            HelpName = "FILE",
            Description =
                "A .npy file of a weight for each class of cross-entropy; a mean divides by the weights of the labels [default: all 1].",
        };

    public Option<bool> Soft { get; } =
        new("--soft-labels")
        {
            Description =
                "Take labels that hold a probability for each class, of the shape of the logits [default: in a run, where the data are "
                + "such].",
        };

    /// <summary>All of them, in the order of the help.</summary>
    public IEnumerable<Option> All => [Axis, IgnoreIndex, Smoothing, Weights, Soft];

    /// <summary>What they say. Throws <see cref="UserErrorException"/> where the file cannot be read.</summary>
    public ClassOptions Of(ParseResult parsed) =>
        new()
        {
            Axis = parsed.GetValue(Axis),
            IgnoreIndex = parsed.GetValue(IgnoreIndex),
            LabelSmoothing = parsed.GetValue(Smoothing) ?? 0,
            ClassWeights = parsed.GetValue(Weights) is { } path ? Read(path) : [],
            SoftLabels = parsed.GetValue(Soft),
        };

    private static ImmutableArray<double> Read(string path)
    {
        var array = Files.NpyReader.Read(path);
        return array.Shape.Length == 1
            ? [.. array.ToDoubles()]
            : throw new UserErrorException(
                $"--class-weights '{path}' has the shape [{string.Join(",", array.Shape)}]; give one number for each class along one axis."
            );
    }
}
