using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>Plans the run of an augmented file, which says itself what it computes.</summary>
internal static class AugmentedRun
{
    /// <summary>
    /// Reads what the file says. Throws <see cref="UserErrorException"/> for a file that is no augmented one, and for data that do not
    /// fit.
    /// </summary>
    public static RunPlan Plan(RunInputs inputs, CurvatureRunOptions options)
    {
        var (source, model, data) = (inputs.Source, inputs.Model, inputs.Data);
        var metadata =
            AugmentedMetadata.Read(model.Metadata)
            ?? throw new UserErrorException($"'{model.Path}' is not an augmented model; say what is asked for with --wrt and --loss.");
        CheckRunnable(model, metadata);
        var counted = model.Inputs.Where(input => input.Type.Rank > 0 && !metadata.Uncut.Contains(input.Name!)).ToArray();
        var rows = counted.Select(input => data.GetValueOrDefault(input.Name!)?.Shape is [var size, ..] ? size : (long?)null);
        var total = rows.FirstOrDefault(size => size is not null) ?? 1;
        var own = counted.Select(input => input.Type.Shape[0].Known).FirstOrDefault(known => known is not null);
        var weight = metadata.Averages ? BatchWeight.Samples : BatchWeight.Sum;
        var batches = BatchDecision.Of(total, own, options, () => new BatchRule(weight, metadata.BatchObstacle ?? Merged()));
        if (Merged() is { } merged && !batches.IsWhole)
            throw new UserErrorException(
                $"Blocks of {batches.Size} samples cannot be cut, because {merged}; leave out --as-blocks, or run the model itself."
            );
        source = source with
        {
            Dimensions = DataSet.Dimensions(model.Graph, data, batches.Size).SetItems(source.Dimensions),
            BatchSize = batches.Size,
        };
        model = source.Load();
        var program = Program.Create(model.Graph.Inputs, model.Graph.Outputs.Where(output => metadata.Outputs.Contains(output.Name)));
        if (program.Outputs.FirstOrDefault(output => !output.Value.Type.Element.IsFloat()) is { } whole)
            throw new UserErrorException(
                $"The metadata of '{model.Path}' name the result '{whole.Name}', which holds "
                    + $"{whole.Value.Type.Element.DisplayName()} and no derivatives; write the file again with augment."
            );
        var layouts = program.Parameters.ToDictionary(
            parameter => parameter.Name!,
            parameter => parameter.Type.Rank == 0 || metadata.Uncut.Contains(parameter.Name!) ? SampleLayout.None : SampleLayout.At(0),
            StringComparer.Ordinal
        );
        var set = Bind(data, inputs.Given);
        var costs = new CostModel(RunPlan.Limits(options, source));
        var plan = new RunPlan(source, program, new BatchJoin(metadata.Averages, [.. metadata.PerSample], [.. metadata.Unweighted]), set)
        {
            Augmented = metadata,
            Unchecked = "an augmented file does not hold what its results are to be checked by",
            Notes = [.. metadata.Methods, .. metadata.NewNames, .. batches.Notes(costs.PeakBytes(program)), .. set.Notes],
            Flops = costs.Flops(program),
            MemoryBytes = costs.PeakBytes(program),
        };
        return OverOthers(plan);

        RunPlan OverOthers(RunPlan one) =>
            one with
            {
                Over = others =>
                    OtherData.OfSameForm(inputs, options, others) is { } given
                        ? OverOthers(one with { Data = Bind(given.Arrays, given) })
                        : null,
            };

        DataSet Bind(IReadOnlyDictionary<string, NpyArray> arrays, GivenData from) =>
            DataSet.Bind(
                program.Parameters,
                arrays,
                layouts,
                batches.Size,
                metadata.Labels,
                !NumberCheck.TakesNaN(program),
                from.Names,
                options.Preparing
            );

        string? Merged() =>
            metadata.MergedInputs is [var first, ..] ? $"'{first}' does not hold a sample at each index of its first axis" : null;
    }

    /// <summary>Throws <see cref="UserErrorException"/> for a file that no single run computes, or whose results are not there.</summary>
    private static void CheckRunnable(OnnxModel model, AugmentedMetadata metadata)
    {
        if (metadata.Runs > 1)
            throw new UserErrorException(
                $"'{model.Path}' is written for callers that make {metadata.Runs} runs and add up (--profile "
                    + $"portable); write it with --profile single-run to run it here."
            );
        if (metadata.Outputs.IsEmpty)
            throw new UserErrorException(
                $"The metadata of '{model.Path}' name no output that holds a result, so there is nothing to "
                    + $"run; write the file again with augment."
            );
        if (metadata.Outputs.FirstOrDefault(name => model.Graph.Outputs.All(output => output.Name != name)) is { } missing)
            throw new UserErrorException(
                $"The metadata of '{model.Path}' name the result '{missing}', which the file does not give "
                    + $"out; write the file again with augment."
            );
    }
}
