using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Derivatives;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Staging;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Analysis.Laplace;

/// <summary>
/// A model that also gives out the predictive variance of what the loss is taken of, z, linearized in the weights: Σᵢ (∂z/∂wᵢ)² σᵢ². The
/// mean is z itself (Immer, Korzepa and Bauer, 2021).
/// </summary>
internal static class PredictiveFile
{
    private const string Metadata = "onnx_curvature.laplace.";

    /// <summary>
    /// Writes the file. Throws <see cref="UserErrorException"/> where z has no Jacobian by a weight, or the file cannot be written.
    /// </summary>
    /// <param name="path">The model.</param>
    /// <param name="request">The loss, and how the model is computed.</param>
    /// <param name="options">How the model is loaded, and what a chunk of rows may take.</param>
    /// <param name="posterior">The variances of the weights.</param>
    /// <param name="outPath">The file to write.</param>
    /// <returns>The names of the outputs that hold the mean and the variance.</returns>
    public static (string Mean, string Variance) Write(
        string path,
        CurvatureRequest request,
        CurvatureRunOptions options,
        LaplaceResult posterior,
        string outPath
    )
    {
        var asked = request with { WithRespectTo = [.. posterior.Layers.Select(layer => layer.Weight)] };
        var source = new ModelSource(path, asked) { Dimensions = options.Dimensions, Limits = options.LoadLimits };
        var model = source.Load();
        var (graph, b) = (model.Graph, model.Graph.Builder);
        var head = LossBuilder.Build(graph, request.Loss, request.Reduction);
        var limits = new PlanLimits { Dimensions = options.Dimensions, MemoryBytes = options.ChunkBytes ?? new PlanLimits().MemoryBytes };
        var loops = new ChunkLoopBuilder(b, new CostModel(limits), limits);
        var proof = new SampleProof(graph, head);
        var terms = posterior.Layers.Select(layer =>
        {
            var target = Target.Resolve(graph, [layer.Weight])[0];
            var variances = Tensor.Of(target.Value.Type.Element, layer.Shape.AsSpan(), [.. layer.Variance]);
            var constant = b.Weight(new InlineConstant(variances), $"{layer.Weight}.variance");
            return loops.Build([new JacobianRows(graph, head, proof, target).Variance(constant)]).Results[0];
        });
        var variance = terms.Aggregate((sum, term) => Add.Of(b, sum, term));
        var mean = graph.Outputs.FirstOrDefault(output => output.Value == head.Output)?.Name ?? head.Output.Name!;
        var outputs = graph.Outputs.Any(output => output.Name == mean) ? graph.Outputs : graph.Outputs.Add(new(mean, head.Output));
        var program = Program.Create(graph.Inputs, outputs.Add(new NamedValue($"{mean}.variance", variance)));
        OnnxWriter.Write(
            Pipeline.For(ExecutionProvider.Cpu).Run(program),
            outPath,
            new WriteOptions
            {
                Source = model,
                Metadata = new SortedDictionary<string, string>(StringComparer.Ordinal)
                {
                    [Metadata + "mean"] = mean,
                    [Metadata + "variance"] = $"{mean}.variance",
                    [Metadata + "prior_precision"] = posterior.PriorPrecision.ToString("R", CultureInfo.InvariantCulture),
                    [Metadata + "source_sha256"] = model.Sha256,
                },
            }
        );
        return (mean, $"{mean}.variance");
    }
}
