using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The options of an augmented file.</summary>
internal sealed class FileArguments() : OptionGroup("File")
{
    public Option<string?> Profile { get; } =
        new("--profile")
        {
            HelpName = "PROFILE",
            Description =
                "How the file is to be run. single-run: one run gives everything; chunks of directions run in Loops. portable: no loops, "
                + "opset 13 to 17, or 11 with --opset, and operators that most runtimes have; the caller feeds the number of the run as "
                + "'direction_chunk', makes a run for each chunk, and adds up the outputs that the file's metadata names "
                + "[default: single-run].",
            CustomParser = Parsers.Word("--profile", "single-run", "portable"),
            CompletionSources = { "single-run", "portable" },
        };

    public Option<string?> Target { get; } =
        new("--target")
        {
            HelpName = "ENGINE",
            Description =
                "The engine that is to run the file. "
                + string.Join(", ", EngineTarget.All.Select(target => $"{target.Name} ({target.Engine})"))
                + ". The file is portable and holds what the engine takes; what it does not take is refused, with the node [default: none "
                + "in particular].",
            CustomParser = Parsers.Word("--target", [.. EngineTarget.All.Select(target => target.Name)]),
            CompletionSources = { EngineTarget.All.Select(target => target.Name).ToArray() },
        };

    public Option<string?> Provider { get; } =
        new("--provider")
        {
            HelpName = "cpu|cuda",
            Description =
                "The device that the file is laid out for. cpu: where masks make directions zero, products skip these entries, position "
                + "by position in Loops, if that is expected to be faster. cuda: whole products [default: cpu].",
            CustomParser = Parsers.Word("--provider", "cpu", "cuda"),
        };

    public Option<int?> Opset { get; } =
        new("--opset")
        {
            HelpName = "N",
            Description =
                "The opset of the file, from 11 to 21. 11 and 12 are for old readers [default: the model's own where it can say all "
                + "operators, else the lowest from 13 on that can].",
            CustomParser = Parsers.Integer("--opset", 1),
        };

    public Option<bool> Embed { get; } =
        new("--embed") { Description = "Copy the weights into the file [default: refer to the model's file where that can be]." };

    public Option<ImmutableDictionary<string, string>?> Rename { get; } =
        new("--rename")
        {
            HelpName = "RESULT=NAME",
            Description =
                "A name for a result or an output in the file. For instance loss=energy [default: their own; a result whose name is "
                + "taken gets a number].",
            CustomParser = Parsers.Names,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<string[]> Negate { get; } =
        new("--negate")
        {
            HelpName = "RESULT",
            Description =
                "Give out results with the opposite sign. They have the names that they have without --rename, for instance x.gradient "
                + "where x holds positions and forces are wanted; outputs of the model are taken, too [default: none].",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };

    public Option<string?> TestData { get; } =
        new("--with-test-data")
        {
            HelpName = "DIR",
            Description =
                "Write inputs and outputs for checks, too. They are in the layout of ONNX's own backend tests, "
                + "DIR/test_data_set_0/input_0.pb and so on: random inputs, and what ONNX Runtime gives for them [default: none].",
        };

    public Option<string?> Layout { get; } =
        new("--layout")
        {
            HelpName = "casadi",
            Description =
                "Write the files that CasADi looks for. Beside f.onnx these are adj_f.onnx and fwd_adj_f.onnx, for all inputs and outputs, "
                + "and any number of seeds; --wrt and --loss are then left out [default: one file].",
            CustomParser = Parsers.Word("--layout", "casadi"),
        };

    public Option<bool> Only { get; } = new("--only") { Description = "Leave out the model's own outputs [default: they stay]." };

    /// <summary>The device that the file is laid out for.</summary>
    public ExecutionProvider ProviderOf(ParseResult parsed) =>
        parsed.GetValue(Provider) == "cuda" ? ExecutionProvider.Cuda : ExecutionProvider.Cpu;

    /// <inheritdoc/>
    public override IEnumerable<Option> Options => [Profile, Target, Provider, Opset, Embed, TestData, Layout, Rename, Negate, Only];

    /// <summary>The profile.</summary>
    public AugmentProfile ProfileOf(ParseResult parsed) =>
        parsed.GetValue(Profile) == "portable" ? AugmentProfile.Portable : AugmentProfile.SingleRun;

    /// <summary>The engine that the file is for, or null. Throws <see cref="UserErrorException"/> where it is to hold loops, too.</summary>
    public string? TargetOf(ParseResult parsed)
    {
        if (parsed.GetValue(Target) is not { } name)
            return null;
        return parsed.GetValue(Profile) == "single-run"
            ? throw new UserErrorException(
                $"--target {name} takes the portable profile, and --profile single-run was given; leave one out."
            )
            : name;
    }

    /// <summary>
    /// How files for CasADi are written. Throws <see cref="UserErrorException"/> where options are given that have no meaning for them.
    /// </summary>
    public AugmentOptions CasadiOptionsOf(ParseResult parsed, CurvatureRequest? request, ModelArguments model)
    {
        if (request is not null)
            throw new UserErrorException("--layout casadi takes all inputs and outputs; leave out --wrt and --loss.");
        foreach (var option in (Option[])[Profile, Target, Provider, TestData, Rename, Negate, Only])
            if (parsed.GetResult(option) is { Implicit: false })
                throw new UserErrorException(
                    $"{option.Name} has no meaning with --layout casadi, which names all files and tensors; leave it out."
                );
        return new AugmentOptions
        {
            Opset = parsed.GetValue(Opset),
            Dimensions = model.DimensionsOf(parsed),
            LoadLimits = model.LoadLimitsOf(parsed),
        };
    }

    /// <summary>The outputs of the file and their names.</summary>
    internal OutputContract ContractOf(ParseResult parsed) =>
        new()
        {
            Names = parsed.GetValue(Rename) ?? new OutputContract().Names,
            Negated = [.. (parsed.GetValue(Negate) ?? []).Distinct()],
            ResultsOnly = parsed.GetValue(Only),
        };
}
