using System.CommandLine;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Commands;

/// <summary>The common steps of the commands of the analyzer: from their options to the diagonals, and from results to reports.</summary>
internal sealed class AnalysisRun
{
    private readonly AnalysisInputs _inputs;
    private readonly ParseResult _parsed;
    private readonly IReadOnlyCollection<string> _written;
    private readonly Terminal _terminal;

    private AnalysisRun(AnalysisInputs inputs, ParseResult parsed, IReadOnlyCollection<string> written, Terminal terminal)
    {
        _inputs = inputs;
        _parsed = parsed;
        _written = written;
        _terminal = terminal;
        Input = ProgressView.Read(terminal, parsed.CommandResult.Command.Name, progress => inputs.Read(parsed, progress));
    }

    /// <summary>The inputs of the command.</summary>
    public AnalysisInput Input { get; }

    /// <summary>
    /// Reads the options and the data. Throws <see cref="UserErrorException"/> where something cannot be read, or would be written over.
    /// </summary>
    /// <param name="inputs">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="written">The files that will be written, beside the report for programs.</param>
    /// <param name="terminal">Where all is shown.</param>
    public static AnalysisRun Begin(AnalysisInputs inputs, ParseResult parsed, IReadOnlyCollection<string> written, Terminal terminal)
    {
        var run = new AnalysisRun(inputs, parsed, written, terminal);
        inputs.Report.Prepare(parsed, terminal, [.. written, .. run.Input.Files]);
        run.Refuse(run.Input.Files);
        return run;
    }

    /// <summary>The curvature of the weights, once the plan is shown.</summary>
    public (PreparedAnalysis Analysis, NetworkCurvature Curvature) Produce(CancellationToken cancellation)
    {
        var analysis = Show(progress => Input.Prepare(progress, cancellation));
        Refuse(analysis.ModelFiles);
        cancellation.ThrowIfCancellationRequested();
        AnalysisView.ShowPlan(_terminal, analysis, Input.Options);
        return (analysis, Show(progress => analysis.Run(progress, cancellation)));
    }

    /// <summary>Does some work, and shows its progress under the command's name.</summary>
    public T Show<T>(Func<IProgress<RunProgress>, T> work) => ProgressView.Show(_terminal, _parsed.CommandResult.Command.Name, work);

    /// <summary>
    /// Writes the report for programs where one is asked for, and shows a result to people. A standard output that takes nothing keeps no
    /// report from its file, so the report comes first.
    /// </summary>
    public int Finish(string? path, Func<string> json, Action text)
    {
        _terminal.ShowWritten(
            path,
            () =>
            {
                _inputs.Report.Write(_parsed, _terminal, json);
                text();
            }
        );
        return ExitCodes.Success;
    }

    private void Refuse(IEnumerable<string> files)
    {
        foreach (var path in _written)
            RealPath.RefuseOverwriting(path, [.. files]);
    }
}
