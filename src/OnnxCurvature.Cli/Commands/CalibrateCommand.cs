using System.CommandLine;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Reports;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Machines;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature calibrate</c>: measures what this machine does in a second.</summary>
internal static class CalibrateCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var output = new ProfileOutputArguments();
        var report = new ReportArguments();
        var command = new ToolCommand(
            "calibrate",
            "Measure what a core of this machine does in a second, for the times that plans estimate."
        )
        {
            Examples = ["onnx-curvature calibrate", "onnx-curvature calibrate -o machine.json"],
        };
        command.Add(output);
        command.Add(report);
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(output.Output);
            report.Prepare(parsed, terminal, path is null ? [] : [path]);
            if (path is not null)
                ResultFile.CheckWritable(path);
            var machine = ProgressView.Measure(
                terminal,
                "calibrate",
                () =>
                {
                    OrtEnvironment.Start(null);
                    return MachineMeter.Measure();
                }
            );
            if (path is not null)
                AtomicFile.Write(path, stream => stream.Write(MachineFile.Write(machine)));
            report.Write(parsed, terminal, () => ReportText.Of(ReportBuilder.Of(machine, path)));
            var table = new TextTable(Column.Text("figure"), Column.Number("of a core", 1));
            table.Row("matrix products, GFLOP/s", Figures.GigaFlops(machine.ProductFlops));
            table.Row("values in the cache, read and written in a second", Figures.Bytes(machine.CacheBytesPerSecond));
            table.Row("values in memory, read and written in a second", Figures.Bytes(machine.MemoryBytesPerSecond));
            table.Row("memory of the system, first written in a second", Figures.Bytes(machine.FreshBytesPerSecond));
            table.Row("a node by itself, microseconds", FormattableString.Invariant($"{machine.LaunchSeconds * 1e6:0.0}"));
            table.Row("second-level cache", Figures.Bytes(machine.CoreCacheBytes));
            terminal.ShowWritten(
                path,
                () =>
                {
                    terminal.Table(table);
                    if (path is not null)
                        terminal.Line($"Wrote {path}.");
                }
            );
            return ExitCodes.Success;
        });
        return command;
    }
}
