using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature augment</c>.</summary>
internal static class AugmentCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var options = new CommandOptions(requests: true);
        var output = CommandOptions.Output("OUT.onnx", "The file to write.", required: true);
        var opset = new Option<int?>("--opset")
        {
            HelpName = "N",
            Description =
                "The opset of the file, from 13 to 21 [default: the model's own where it can say all operators, else the lowest that can].",
            CustomParser = Parsers.Integer("--opset", 1),
        };
        var profile = new Option<string?>("--profile")
        {
            HelpName = "single-run|portable",
            Description =
                "single-run: one run of the file gives everything; chunks of directions run in Loops. portable: no loops, opset 13 to 17 "
                + "and operators that most runtimes have; the caller feeds the number of the run as 'column_chunk', makes a run for "
                + "each chunk, and adds up the outputs that the file's metadata names [default: single-run].",
            CustomParser = Parsers.Word("--profile", "single-run", "portable"),
        };
        var provider = new Option<string?>("--provider")
        {
            HelpName = "cpu|cuda",
            Description =
                "What the file is laid out for. cpu: where masks make directions zero, products skip these entries, position by position "
                + "in Loops, if that is expected to be faster. cuda: whole products [default: cpu].",
            CustomParser = Parsers.Word("--provider", "cpu", "cuda"),
        };
        var embed = new Option<bool>("--embed")
        {
            Description = "Copy the weights into the file [default: refer to the model's file where that can be].",
        };
        var rename = new Option<ImmutableDictionary<string, string>?>("--rename")
        {
            HelpName = "RESULT=NAME",
            Description =
                "The name under which the file gives out a result, or an output of the model, for instance loss=energy [default: their "
                + "own; a result whose name is taken gets a number].",
            CustomParser = Parsers.Names,
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var negate = new Option<string[]>("--negate")
        {
            HelpName = "RESULT",
            Description =
                "Results, or outputs of the model, that the file gives out with the opposite sign, by the names that they have without "
                + "--rename, for instance x.gradient where x holds positions and forces are wanted [default: none].",
            AllowMultipleArgumentsPerToken = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var only = new Option<bool>("--only") { Description = "Leave out the model's own outputs [default: they stay]." };
        var command = new Command(
            "augment",
            "Write a model that computes the loss and its derivatives besides what it computed before, in standard operators."
        )
        {
            options.Model,
            output,
            options.WithRespectTo,
            options.Loss,
            options.Reduction,
            options.Classes.Axis,
            options.Classes.IgnoreIndex,
            options.Classes.Smoothing,
            options.Classes.Weights,
            options.Classes.Soft,
            options.Precision,
            options.StraightThrough,
            options.Fixed,
            options.Quantities,
            options.Method,
            options.Probes,
            options.Seed,
            profile,
            provider,
            opset,
            embed,
            rename,
            negate,
            only,
            options.SampleAxes,
            options.Dimensions,
            options.Memory,
            options.LoadLimit,
            options.Explain,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                var model = parsed.GetRequiredValue(options.Model);
                var path = parsed.GetRequiredValue(output)!;
                RealPath.RefuseOverwriting(path, [model, .. options.FilesOf(parsed)]);
                var request = options.RequestOf(parsed)!;
                var dimensions = options.DimensionsOf(parsed);
                var report = service.Augment(
                    model,
                    request,
                    path,
                    new AugmentOptions
                    {
                        Opset = parsed.GetValue(opset),
                        Profile = parsed.GetValue(profile) == "portable" ? AugmentProfile.Portable : AugmentProfile.SingleRun,
                        Embed = parsed.GetValue(embed),
                        Contract = new OutputContract
                        {
                            Names = parsed.GetValue(rename) ?? new OutputContract().Names,
                            Negated = [.. (parsed.GetValue(negate) ?? []).Distinct()],
                            ResultsOnly = parsed.GetValue(only),
                        },
                        Dimensions = dimensions,
                        Cancellation = cancellation,
                        LoadLimits = options.LoadLimitsOf(parsed),
                        Limits = new PlanLimits
                        {
                            Provider = parsed.GetValue(provider) ?? "cpu",
                            MemoryBytes = options.MemoryOf(parsed) ?? new PlanLimits().MemoryBytes,
                            Dimensions = dimensions,
                        },
                    }
                );
                terminal.ShowWritten(path, () => AugmentView.Show(terminal, report, parsed.GetValue(options.Explain)));
                return Task.FromResult(ExitCodes.Success);
            }
        );
        return command;
    }
}
