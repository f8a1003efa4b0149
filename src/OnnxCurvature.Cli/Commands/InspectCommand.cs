using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature inspect</c>.</summary>
internal static class InspectCommand
{
    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var options = new CommandOptions(requests: false);
        var json = new Option<bool>("--json") { Description = "Write JSON for programs [default: text for people]." };
        var command = new Command("inspect", "Show a model's inputs, outputs, weights and operators, which losses fit, and how each Hessian diagonal would be computed.") { options.Model, json, options.Dimensions };
        command.SetAction(parsed =>
        {
            var report = service.Inspect(parsed.GetRequiredValue(options.Model), options.DimensionsOf(parsed));
            if (parsed.GetValue(json))
                terminal.Output.Write(InspectJson.Of(report));
            else
                InspectView.Show(terminal, report);
        });
        return command;
    }
}
