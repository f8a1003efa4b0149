using System.CommandLine;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Reads how a run is carried out from the groups of options that say it.</summary>
internal sealed class RunOptionsReader(
    ModelArguments model,
    DataArguments data,
    ResourceArguments resources,
    DeviceArguments device,
    OutputArguments output
)
{
    /// <summary>How a run is carried out.</summary>
    public CurvatureRunOptions Of(ParseResult parsed) => resources.WithMachine(Plain(parsed), parsed);

    private CurvatureRunOptions Plain(ParseResult parsed) =>
        new()
        {
            BatchSize = parsed.GetValue(data.BatchSize),
            AsBlocks = parsed.GetValue(data.AsBlocks),
            Dimensions = model.DimensionsOf(parsed),
            LoadLimits = model.LoadLimitsOf(parsed),
            MemoryBytes = resources.MemoryOf(parsed) ?? new CurvatureRunOptions().MemoryBytes,
            OwnsProcess = true,
            Provider = device.ProviderOf(parsed),
            Cuda = device.CudaOf(parsed),
            OnnxRuntimePath = parsed.GetValue(device.OnnxRuntime),
            Threads = parsed.GetValue(resources.Threads) ?? 0,
            Check = !parsed.GetValue(output.NoCheck),
        };
}
