using System.CommandLine;
using System.CommandLine.Invocation;

namespace OnnxCurvature.Cli.Help;

/// <summary><c>--help</c>: the help of a command, and examples after it.</summary>
internal sealed class HelpAction(Terminal terminal) : SynchronousCommandLineAction
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
        ["analyze"] =
        [
            $"onnx-curvature analyze vgg16.onnx -o report --loss cross-entropy {Data} --budget 5m",
            $"onnx-curvature analyze vgg16.onnx -o conv.html --wrt 'conv*.weight' --loss cross-entropy {Data}",
        ],
        ["verify"] = [$"onnx-curvature verify vgg16.onnx --wrt conv4_3.weight --loss cross-entropy {Data} --samples 8"],
    };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var command = parseResult.CommandResult.Command;
        var examples = Examples[command is RootCommand ? "onnx-curvature" : command.Name];
        new HelpText(parseResult.InvocationConfiguration.Output, terminal.TextWidth).Write(command, examples);
        return ExitCodes.Success;
    }
}
