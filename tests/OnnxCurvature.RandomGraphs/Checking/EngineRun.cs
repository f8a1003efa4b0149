using System.Collections.Immutable;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>Runs a problem as the tool does: on ONNX Runtime, over batches of the data.</summary>
internal sealed class EngineRun(Problem problem, ProblemFiles files, Comparison comparison)
{
    public IEnumerable<Outcome> Run(ImmutableArray<Quantity> quantities)
    {
        var options = new CurvatureRunOptions
        {
            Threads = problem.Threads,
            BatchSize = problem.BatchSize,
            ChunkBytes = problem.ChunkBytes,
            Check = problem.Checks,
            OptimizesSmallNodes = problem.OptimizesSmallNodes,
        };
        var run = CurvatureEngine.Prepare(files.Model, ManagedRun.RequestOf(problem, quantities), files.DataFor(quantities), options);
        var result = run.Run(null, CancellationToken.None);
        var threads = problem.Threads > 1 ? $" on {problem.Threads} threads" : "";
        var way = (run.Batches > 1 ? "engine in batches" : "engine") + threads;
        return comparison.Of(
            way,
            quantities,
            comparison.IsDouble,
            name =>
            {
                var tensor = result.Tensors.Single(tensor => tensor.Name == name);
                return (tensor.Shape, tensor.Values);
            }
        );
    }
}
