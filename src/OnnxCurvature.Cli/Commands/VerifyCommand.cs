using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature verify</c>.</summary>
internal static class VerifyCommand
{
    private const int DefaultSamples = 16;
    private const int DefaultSeed = 0;

    /// <summary>The command.</summary>
    public static Command Create(ICurvatureService service, Terminal terminal)
    {
        var options = new CommandOptions(requests: true);
        var output = CommandOptions.Output(
            "OUT.npz",
            "Also run over all data, and write the result as 'run' does [default: nothing is written].",
            required: false
        );
        var samples = new Option<int?>("--samples")
        {
            HelpName = "N",
            Description = $"How many entries of each tensor are checked [default: {DefaultSamples}].",
            CustomParser = Parsers.Integer("--samples", 1),
        };
        var seed = new Option<int?>("--seed")
        {
            HelpName = "N",
            Description = $"Which entries are checked [default: {DefaultSeed}].",
            CustomParser = Parsers.Integer("--seed", 0),
        };
        var command = new Command(
            "verify",
            "Check the gradient and the Hessian diagonal of one batch at sampled entries against differences in double precision; the "
                + "exit code is 1 where they do not agree."
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
            options.Fixed,
            options.Quantities,
            options.Data,
            options.BatchSize,
            options.AsBlocks,
            options.SampleAxes,
            options.Provider,
            options.Cuda.Device,
            options.Cuda.Memory,
            options.Cuda.Tf32,
            options.Cuda.Search,
            options.Cuda.Library,
            options.Cuda.OnnxRuntime,
            options.Threads,
            options.Memory,
            options.LoadLimit,
            options.Dimensions,
            options.NoCheck,
            options.Explain,
            samples,
            seed,
        };
        command.SetAction(
            (parsed, cancellation) =>
            {
                var model = parsed.GetRequiredValue(options.Model);
                var request = options.RequestOf(parsed)!;
                var files = options.DataOf(parsed);
                var path = parsed.GetValue(output);
                if (path is not null)
                {
                    RealPath.RefuseOverwriting(path, [model, .. options.FilesOf(parsed)]);
                    ResultFile.CheckWritable(path);
                }
                var data = DataArgument.Load(files);
                var runOptions = options.RunOptionsOf(parsed);
                // Where nothing is written, what is checked is planned, and no more.
                var planned = path is null ? request with { Quantities = [Quantity.Gradient, Quantity.HessianDiagonal] } : request;
                var run = service.Prepare(model, planned, data, runOptions);
                if (path is not null)
                    RealPath.RefuseOverwriting(path, run.ModelFiles);
                cancellation.ThrowIfCancellationRequested();
                PlanView.Show(terminal, run.Plan, parsed.GetValue(options.Explain));
                if (path is not null)
                {
                    RunOutput.Produce(run, path, terminal, cancellation);
                    terminal.Line();
                }
                var report = ProgressView.Show(
                    terminal,
                    "verify",
                    progress =>
                        service.Verify(
                            model,
                            request,
                            data,
                            runOptions,
                            parsed.GetValue(samples) ?? DefaultSamples,
                            parsed.GetValue(seed) ?? DefaultSeed,
                            progress,
                            cancellation
                        )
                );
                cancellation.ThrowIfCancellationRequested();
                VerifyView.Show(terminal, report);
                return Task.FromResult(report.Agrees ? ExitCodes.Success : ExitCodes.Disagreement);
            }
        );
        return command;
    }
}
