using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OnnxCurvature.Cli;

/// <summary><c>--help</c>: what System.CommandLine writes, and examples after it.</summary>
internal sealed class ExamplesHelpAction : SynchronousCommandLineAction
{
    private const string Data = "--data image=images.npy --data labels=labels.npy";

    private static readonly Dictionary<string, string[]> Examples = new()
    {
        ["onnx-curvature"] =
        [
            "onnx-curvature inspect vgg16.onnx",
            $"onnx-curvature run vgg16.onnx -o conv4_3.npz --wrt conv4_3.weight --loss cross-entropy {Data}",
        ],
        ["inspect"] = ["onnx-curvature inspect vgg16.onnx", "onnx-curvature inspect model.onnx --dim N=8 --json"],
        ["augment"] =
        [
            "onnx-curvature augment vgg16.onnx -o vgg16.curvature.onnx --wrt conv4_3.weight --loss cross-entropy",
            "onnx-curvature augment model.onnx -o out.onnx --wrt 'encoder.*.weight' --loss mse:prediction --quantity ggn-diagonal --embed",
            "onnx-curvature augment vgg16.onnx -o vgg16.portable.onnx --wrt conv4_3.weight --loss cross-entropy --profile portable",
        ],
        ["run"] =
        [
            $"onnx-curvature run vgg16.onnx -o conv4_3.npz --wrt conv4_3.weight --loss cross-entropy {Data}",
            "onnx-curvature run model.onnx -o first.npz --wrt 'fc.weight[0:16]' --loss mse --reduction sum --data x=x.npy target=y.npy "
                + "--memory 4G",
            $"onnx-curvature run vgg16.curvature.onnx -o conv4_3.npz {Data}",
        ],
        ["verify"] = [$"onnx-curvature verify vgg16.onnx --wrt conv4_3.weight --loss cross-entropy {Data} --samples 8"],
    };

    private readonly HelpAction _help;

    /// <summary>Adds examples to a help action, which keeps each option on one line where nobody watches.</summary>
    public ExamplesHelpAction(HelpAction help, Terminal terminal)
    {
        _help = help;
        if (!terminal.IsInteractive)
            help.MaxWidth = Terminal.Unbounded;
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter { NewLine = output.NewLine };
        var configuration = parseResult.InvocationConfiguration;
        configuration.Output = text;
        _help.Invoke(parseResult);
        configuration.Output = output;
        output.WriteLine(text.ToString().TrimEnd());
        output.WriteLine();
        output.WriteLine("Examples:");
        var command = parseResult.CommandResult.Command;
        foreach (var example in Examples[command is RootCommand ? "onnx-curvature" : command.Name])
            output.WriteLine($"  {example}");
        return ExitCodes.Success;
    }
}
