using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The mean square of what each weight is multiplied by, channel by channel.</summary>
internal static class InputSquares
{
    /// <summary>E[x²] over samples and positions for each channel of the input of the node that takes each weight as a kernel.</summary>
    public static ImmutableArray<double[]> Of(
        SettledRun settled,
        CurvatureRunOptions options,
        ImmutableArray<string> weights,
        CancellationToken cancellation
    )
    {
        using var run = RepeatedRun.Create(settled, options, averages: true, Build);
        return run.Run([], cancellation);

        (ImmutableArray<Value>, ImmutableArray<Value>) Build(ModelGraph graph, LossHead head)
        {
            var uses = WeightUse.Of(graph);
            return (
                [],
                [.. weights.Select(weight => Squares(graph.Builder, uses[graph.Values[weight]].First(use => use.Axes is not null)))]
            );
        }
    }

    private static Value Squares(GraphBuilder b, WeightUse use)
    {
        var (x, channels) = (use.Factor!, use.Axes!.Value.Data);
        var others = Enumerable.Range(0, x.Type.Rank).Where(axis => axis != channels).Select(axis => (long)axis).ToArray();
        var squares = Mul.Of(b, x, x);
        return others.Length == 0 ? squares : ReduceMean.Of(b, squares, others, keepDims: false);
    }
}
