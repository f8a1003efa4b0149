using System.Collections.Immutable;
using System.CommandLine;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>The groups of options that all commands of the analyzer take.</summary>
/// <param name="output">The options of the files that the command writes.</param>
/// <param name="isPriced">Whether the command takes diagonals, exact as far as a budget goes.</param>
/// <param name="isFloat64">Whether the command computes in float64 in any case.</param>
/// <param name="isSummed">Whether the command takes the sum of the losses in any case.</param>
internal sealed class AnalysisInputs(OutputArguments output, bool isPriced = true, bool isFloat64 = false, bool isSummed = false)
{
    private readonly LossArguments _loss = new(absent: null);
    private readonly DataArguments _data = new();
    private readonly ScalingArguments _scaling = new();
    private readonly SampleArguments _samples = new();
    private readonly ModelArguments _model = new();
    private readonly ResourceArguments _resources = new(runs: true);
    private readonly DeviceArguments _device = new();
    private readonly AnalysisArguments _analysis = new(isPriced, isFloat64);
    private readonly AnalysisOutputArguments _written = new(output);

    /// <summary>The report for programs.</summary>
    public ReportArguments Report => _written.Report;

    /// <summary>Adds the groups to a command, after a group of its own where it has one.</summary>
    public void AddTo(ToolCommand command, OptionGroup? own = null)
    {
        command.Add(_model.Model);
        command.Add(_written);
        if (own is not null)
            command.Add(own);
        command.Add(_analysis);
        command.Add(_loss);
        command.Add(_data);
        command.Add(_scaling);
        command.Add(_samples);
        command.Add(_model);
        command.Add(_resources);
        command.Add(_device);
        command.First =
        [
            output.Output,
            .. own?.Options ?? [],
            _analysis.Weights,
            _loss.Loss,
            _data.Data,
            .. _analysis.First,
            _data.BatchSize,
            _resources.Memory,
            _device.Provider,
        ];
    }

    /// <summary>
    /// The request with its data, which are read. Throws <see cref="UserErrorException"/> where a file cannot be read.
    /// </summary>
    public AnalysisInput Read(ParseResult parsed, IProgress<RunProgress> progress)
    {
        if (isSummed && parsed.GetValue(_loss.Reduction) == "mean")
            throw new UserErrorException("A posterior is made of the sum of the losses; leave out --reduction mean.");
        var sources = _scaling.Of(parsed, DataArgument.Open(_data.FilesOf(parsed), progress));
        var fixedFiles = _model.FilesOf(parsed).SelectMany(file => file.Patterns);
        var weights = parsed.GetValue(_loss.ClassWeights) is { } path ? (ImmutableArray<string>)[path] : [];
        var request = _analysis.RequestOf(parsed, _loss, _model, progress);
        return new AnalysisInput(
            _model.ModelOf(parsed),
            isSummed ? request with { Reduction = Reduction.Sum } : request,
            sources,
            _samples.With(new RunOptionsReader(_model, _data, _resources, _device, output).Of(parsed), parsed),
            _analysis.OptionsOf(parsed),
            [_model.ModelOf(parsed), .. sources.Values.SelectMany(source => source.Files), .. fixedFiles, .. weights]
        );
    }
}

/// <summary>The inputs of a command of the analyzer.</summary>
/// <param name="Model">The model's file.</param>
/// <param name="Request">The loss and the weights.</param>
/// <param name="Data">The data, by name.</param>
/// <param name="RunOptions">How runs are carried out.</param>
/// <param name="Options">The limits of the analysis.</param>
/// <param name="Files">All files that are read, and must not be written over.</param>
internal sealed record AnalysisInput(
    string Model,
    CurvatureRequest Request,
    IReadOnlyDictionary<string, DataSource> Data,
    CurvatureRunOptions RunOptions,
    AnalysisOptions Options,
    ImmutableArray<string> Files
)
{
    /// <summary>Plans the diagonals.</summary>
    public PreparedAnalysis Prepare(IProgress<RunProgress>? progress, CancellationToken cancellation) =>
        CurvatureAnalyzer.Prepare(Model, Request, Data, RunOptions, Options, progress, cancellation);
}
