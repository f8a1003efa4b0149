using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Ir;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>How the model is read.</summary>
internal sealed class ModelArguments() : OptionGroup("Model")
{
    public Argument<string> Model { get; } = new("MODEL") { Description = "The .onnx file." };

    public Option<ImmutableDictionary<string, long>?> Dimensions { get; } =
        new("--dim")
        {
            HelpName = "NAME=SIZE",
            Description = "The size of a symbolic dimension of the model [default: as the data say, else symbolic].",
            CustomParser = Parsers.Dimensions,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<ImmutableArray<DataArgument>> Fixed { get; } =
        new("--fix")
        {
            HelpName = "INPUT=FILE",
            Description =
                "A file for an input that becomes a constant. A .npy file or a TensorProto .pb, as for a shape, an axis or a number of "
                + "iterations that derivatives depend on [default: none].",
            CustomParser = Parsers.Files("--fix", "steps=steps.npy", joins: false),
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<WorkLimits?> LoadLimit { get; } =
        new("--load-limit")
        {
            HelpName = "WHAT=NUMBER",
            Description =
                "The most that loading the model may take. WHAT is nodes built, bytes of computed constants, or steps of computing shapes "
                + "[default: "
                + Parsers.Limits(new WorkLimits())
                + "].",
            CustomParser = Parsers.LoadLimit,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Dimensions, Fixed, LoadLimit];

    /// <summary>The model's file.</summary>
    public string ModelOf(ParseResult parsed) => parsed.GetRequiredValue(Model);

    /// <summary>The sizes of symbolic dimensions.</summary>
    public ImmutableDictionary<string, long> DimensionsOf(ParseResult parsed) =>
        parsed.GetValue(Dimensions) ?? ImmutableDictionary<string, long>.Empty;

    /// <summary>The files of --fix.</summary>
    public ImmutableArray<DataArgument> FilesOf(ParseResult parsed) => parsed.GetResult(Fixed) is null ? [] : parsed.GetValue(Fixed);

    /// <summary>The values of inputs that become constants. Throws <see cref="UserErrorException"/> where a file cannot be read.</summary>
    public IReadOnlyDictionary<string, Tensor> FixedOf(ParseResult parsed, IProgress<RunProgress> progress) =>
        DataArgument.Tensors(FilesOf(parsed), progress);

    /// <summary>The most that loading may take.</summary>
    public WorkLimits LoadLimitsOf(ParseResult parsed) => parsed.GetValue(LoadLimit) ?? new WorkLimits();
}
