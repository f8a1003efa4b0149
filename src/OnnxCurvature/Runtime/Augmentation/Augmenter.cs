using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>Writes the program of a plan as an augmented model.</summary>
internal sealed class Augmenter(OnnxModel model, CurvaturePlan plan, AugmentOptions options)
{
    /// <summary>Writes the file. Throws <see cref="UserErrorException"/> for an opset that cannot say the program.</summary>
    public AugmentReport Write(string path)
    {
        var isPortable = options.IsPortable;
        var profile = isPortable ? AugmentProfile.Portable : AugmentProfile.SingleRun;
        if (isPortable && options.Opset > PortableProfile.HighestOpset)
            throw new UserErrorException(
                $"Opset {options.Opset} was asked for, and --profile portable keeps to opset {PortableProfile.HighestOpset}; leave out "
                    + $"one of the two."
            );
        // Operators say what they need from the lowest opset on; older forms are found when the file is written.
        var compiled = (options.Opset ?? (isPortable ? PortableProfile.HighestOpset : null)) is { } opset
            ? Pipeline.ForOpset(Math.Max(opset, OpsetRange.Lowest)).Run(plan.Program)
            : plan.Program;
        var (program, engineNotes) = isPortable
            ? PortableProfile.Of(model, compiled, options.Engine)
            : (new LoopFreeProgram(compiled, 1, []), []);
        var batches = BatchRule.Of(model.Graph, plan.Loss, plan.Request);
        if (AugmentedMetadata.BatchObstacleOf(model) is { } obstacle)
            batches = batches with { Obstacle = obstacle };
        // The metadata have no words for another axis.
        if (batches.Obstacle is null && model.Graph.SampleAxes.Any(entry => entry.Value is > 0))
            batches = batches with { Obstacle = "samples do not lie along the first axis of all inputs" };
        var convention = CallingConvention.Of(plan, batches, profile, program);
        var written = OnnxWriter.Write(
            program.Program,
            path,
            new WriteOptions
            {
                Opset = options.Opset ?? (isPortable ? PortableProfile.OpsetOf(model, program.Program) : null),
                Source = model,
                Files = options.Files,
                Cancellation = options.Cancellation,
                Weights =
                    options.Embed || options.Engine is { NeedsWeightsInside: true } ? WeightPlacement.Embed : WeightPlacement.Reference,
                Metadata = AugmentedMetadata.Of(plan, batches, convention, model),
                WeightFilesKey = AugmentedMetadata.WeightFilesKey,
            }
        );
        var known = model.Graph.Inputs.Select(input => input.Name).ToHashSet();
        return new AugmentReport(
            path,
            new FileInfo(path).Length,
            written.Opset,
            Sentence(written),
            plan.Methods,
            [.. model.Notes, .. plan.Notes, .. engineNotes],
            [
                .. program
                    .Program.Parameters.Where(parameter => !known.Contains(parameter.Name))
                    .Select(parameter => $"{parameter.Name} {parameter.Type}"),
            ],
            [.. plan.Outputs],
            profile,
            convention.Text
        );
    }

    private static string Sentence(WriteResult written) =>
        written.Weights switch
        {
            WeightPlacement.Reference => $"Weights stay in {Referenced(written)}",
            WeightPlacement.Beside => $"Weights were written beside the file, to '{Path.GetFileName(written.DataPath)}'; "
                + (written.References.IsEmpty ? "keep both in one folder." : $"others stay in {Referenced(written)}"),
            WeightPlacement.Embed => "Weights are inside the file.",
            _ => throw new ArgumentOutOfRangeException(nameof(written)),
        };

    /// <summary>The files that weights are taken from: all of a few, else the first ones and how many there are.</summary>
    private static string Referenced(WriteResult written)
    {
        const int Most = 3;
        if (written.References is [var file])
            return $"'{file}', to which the file refers by that path; keep both where they are to each other.";
        var names = string.Join(", ", written.References.Take(Most).Select(name => $"'{name}'"));
        var others = written.References.Length > Most ? $" and others, {written.References.Length} files in all" : "";
        return $"{names}{others}, to which the file refers by these paths; keep all where they are to each other.";
    }
}
