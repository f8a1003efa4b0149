using System.Collections.Immutable;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature prune</c>.</summary>
internal static class PruneCommand
{
    private static readonly double[] Sparsities = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

    /// <summary>The command.</summary>
    public static ToolCommand Create(Terminal terminal)
    {
        var output = new OutputArguments(
            "MASKS.npz",
            "The file of the masks. It holds a boolean array for each weight, true where an entry stays [default: none, with --dry-run].",
            required: false,
            isChecked: true
        );
        var inputs = new AnalysisInputs(output);
        var pruning = new PruningArguments();
        var command = new ToolCommand("prune", "Choose by the curvature which entries or channels of kernels and matrices become zero.")
        {
            Examples =
            [
                "onnx-curvature prune vgg16.onnx -o masks.npz --loss cross-entropy --data image=images.npy labels=labels.npy "
                    + "--sparsity 0.7 --write-pruned pruned.onnx",
                "onnx-curvature prune vgg16.onnx --loss cross-entropy --data image=images.npy labels=labels.npy --structure 2:4 --dry-run",
            ],
        };
        inputs.AddTo(command, pruning);
        command.SetAction(
            (parsed, cancellation) =>
            {
                var isDry = parsed.GetValue(pruning.DryRun);
                var path = parsed.GetValue(output.Output);
                var model = parsed.GetValue(pruning.Model);
                if (isDry == (path is not null || model is not null))
                    throw new UserErrorException(
                        isDry
                            ? "--dry-run writes nothing; leave out --output and --write-pruned, or --dry-run."
                            : "Nothing names a file to write; give --output, or --dry-run to see what would go."
                    );
                var options = pruning.OptionsOf(parsed);
                var held = pruning.HeldOf(parsed);
                string[] files = [.. new[] { path, model }.OfType<string>()];
                foreach (var file in files)
                    RealPath.RefuseOverwriting(file, [.. held.SelectMany(each => each.Patterns)]);
                var run = AnalysisRun.Begin(inputs, parsed, files, terminal);
                var heldData = ProgressView.Read(terminal, "prune", progress => DataArgument.Open(held, progress));
                var (analysis, curvature) = run.Produce(cancellation);
                var prepared = CurvatureAnalyzer.Prune(analysis, curvature, cancellation);
                var result = prepared.Prune(options);
                var curve = held.IsEmpty ? ImmutableArray<PruningPoint>.Empty : prepared.Curve(options, Sparsities, heldData, cancellation);
                if (path is not null)
                    result.WriteMasks(path);
                if (model is not null)
                    PreparedPruning.WriteModel(curvature, result, model);
                return Task.FromResult(
                    run.Finish(path ?? model ?? "", () => result.ToJson(curve), () => PruningView.Show(terminal, result, curve, files))
                );
            }
        );
        return command;
    }
}
