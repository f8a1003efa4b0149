using OnnxCurvature.Methods;
using OnnxCurvature.Onnx;

namespace OnnxCurvature.Runtime;

/// <summary>Writes the program of a plan as an augmented model.</summary>
internal sealed class Augmenter(OnnxModel model, CurvaturePlan plan, AugmentOptions options)
{
    /// <summary>Writes the file. Throws <see cref="UserErrorException"/> for an opset that cannot say the program.</summary>
    public AugmentReport Write(string path)
    {
        var written = OnnxWriter.Write(plan.Program, path, new WriteOptions
        {
            Opset = options.Opset,
            Source = model,
            Weights = options.Embed ? WeightPlacement.Embed : WeightPlacement.Reference,
            Metadata = AugmentedMetadata.Of(plan, Path.GetFileName(model.Path), model.Sha256),
        });
        var known = model.Graph.Inputs.Select(input => input.Name).ToHashSet();
        return new AugmentReport(path, new FileInfo(path).Length, written.Opset, Sentence(written.Weights, path), plan.Methods, [.. model.Notes, .. plan.Notes],
            [.. plan.Program.Parameters.Where(parameter => !known.Contains(parameter.Name)).Select(parameter => $"{parameter.Name} {parameter.Type}")],
            [.. plan.Outputs]);
    }

    private string Sentence(WeightPlacement placement, string path) => placement switch
    {
        WeightPlacement.Reference => $"Weights stay in '{Path.GetFileName(model.Path)}', to which the file refers; keep both in one folder.",
        WeightPlacement.Beside => $"Weights were written beside the file, to '{Path.GetFileName(path)}.data'; keep both in one folder.",
        WeightPlacement.Embed => "Weights are inside the file.",
        _ => throw new ArgumentOutOfRangeException(nameof(placement)),
    };
}
