using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Runtime.Inspection;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature inspect</c>.</summary>
internal static class InspectCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var options = new CommandOptions(requests: false);
        var json = new Option<bool>("--json") { Description = "Write JSON for programs [default: text for people]." };
        var command = new Command(
            "inspect",
            "Show a model's inputs, outputs, weights and operators, which losses fit, and how each Hessian diagonal would be computed."
        )
        {
            options.Model,
            json,
            options.Dimensions,
            options.Fixed,
            options.LoadLimit,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                // What programs read holds nothing else.
                if (parsed.GetValue(json))
                    terminal.Output.Write(InspectJson.Of(Inspect(null)));
                else
                    InspectView.Show(terminal, ProgressView.Show(terminal, "inspect", Inspect));
                return Task.FromResult(ExitCodes.Success);

                InspectReport Inspect(IProgress<RunProgress>? progress) =>
                    service.Inspect(
                        parsed.GetRequiredValue(options.Model),
                        options.DimensionsOf(parsed),
                        options.FixedOf(parsed),
                        options.LoadLimitsOf(parsed),
                        progress,
                        cancellation
                    );
            }
        );
        return command;
    }
}
