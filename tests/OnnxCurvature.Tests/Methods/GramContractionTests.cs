using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.ControlFlow;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// Gram matrices that are contracted some samples or some rows at a time, where the last iteration has fewer than the others: against
/// Jacobians by differences and closed forms of the losses, and against what is contracted at once.
/// </summary>
[Trait("Category", "Slow")]
public sealed class GramContractionTests
{
    private const string ByPairs = "over 4 positions, by pairs of them";
    private const string ByRows = "over 9 positions";
    private const string ByArgmax = "over the 4 argmax positions";

    private static readonly Attributes Kernel = Attributes.Empty.With("kernel_shape", [2, 2]);

    [Theory]
    // A sample has 10 pairs of 4 positions with 12 entries of a row. Of five samples by two the last iteration is half full.
    [InlineData(ByPairs, nameof(LossKind.CrossEntropy), 5, 1, 2 * 120, 3)]
    [InlineData(ByPairs, nameof(LossKind.CrossEntropy), 7, 1, 4 * 120, 2)]
    [InlineData(ByPairs, nameof(LossKind.CrossEntropy), 3, 1, 1, 3)]
    [InlineData(ByPairs, nameof(LossKind.Mse), 3, 1, 2 * 120, 2)]
    // Two groups of rows.
    [InlineData(ByPairs, nameof(LossKind.CrossEntropy), 5, 2, 2 * 240, 3)]
    // Three rows by two: 3 samples, 9 positions, 12 entries.
    [InlineData(ByRows, nameof(LossKind.CrossEntropy), 3, 1, 2 * 324, 2)]
    [InlineData(ByRows, nameof(LossKind.Mse), 3, 2, 2 * 648, 2)]
    // Five rows by two and by three: 3 samples, 4 positions of a pooling, 12 entries.
    [InlineData(ByArgmax, nameof(LossKind.CrossEntropy), 3, 1, 2 * 144, 3)]
    [InlineData(ByArgmax, nameof(LossKind.Mse), 3, 1, 3 * 144, 2)]
    public void Iterations_that_are_not_full_add_what_there_is(
        string how,
        string loss,
        int samples,
        int groups,
        long values,
        int iterations
    )
    {
        var (atOnce, loop, _) = Diagonal(Network(how, loss, samples, groups), how, long.MaxValue);
        Assert.Null(loop);
        var problem = Network(how, loss, samples, groups);
        var (some, looped, oracle) = Diagonal(problem, how, values * ElementType.Float64.Size());
        Assert.Equal(iterations, looped);
        var size = Norm(atOnce);
        Assert.InRange(Norm([.. some.Zip(atOnce, (a, b) => a - b)]) / size, 0, 1e-13);
        Assert.InRange(Norm([.. some.Zip(oracle.Hessian, (a, b) => a - b)]) / size, 0, 1e-7);
    }

    /// <summary>
    /// A convolution of few positions, a pooling or none, and a dense layer. Many classes make Gram matrices worthwhile, and many feature
    /// maps pairs of positions.
    /// </summary>
    private static Problem Network(string how, string loss, int samples, int groups)
    {
        // With this seed no difference of the oracle crosses a kink.
        var p = new Problem(how, samples, symbolic: false, seed: 2) { Loss = Enum.Parse<LossKind>(loss) };
        var rows =
            how == ByPairs ? 24
            : how == ByRows ? 3
            : 5;
        var side =
            how == ByArgmax ? 5
            : how == ByRows ? 4
            : 3;
        var x = p.Apply<Tanh>(p.Input(3 * groups, side, side));
        var h = p.Apply<Conv>(Kernel.With("group", (long)groups), x, p.Weight("w", 0.4, rows * groups, 3, 2, 2));
        if (how == ByArgmax)
            h = p.Apply<MaxPool>(Kernel.With("strides", [2, 2]), p.Apply<LeakyRelu>(Attributes.Empty.With("alpha", 0.3), h));
        h = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h);
        p.Output = p.Apply<MatMul>(h, p.Weight("f", 0.2, rows * groups * (how == ByRows ? 9 : 4), 60));
        return p;
    }

    private static (double[] Diagonal, int? Iterations, LayoutOracle Oracle) Diagonal(Problem problem, string how, long bytes)
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w"],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        var graph = problem.Graph();
        var plan = new Planner(graph, request, new PlanLimits { ContractionBytes = bytes }).Plan();
        Assert.Contains(how, plan.Methods[0].Reason, StringComparison.Ordinal);
        Assert.Equal(how == ByPairs, plan.Methods[0].Reason.Contains("by pairs", StringComparison.Ordinal));
        // Products of pairs cancel where sums over positions do, so the check of a run must not take them for squares.
        Assert.False(plan.Methods[0].AddsSquares);
        var data = problem.Data(plan.Loss.Target);
        var loops = plan.Program.Nodes.Where(node => node.Operator is Loop).ToArray();
        Assert.True(loops.Length <= 1);
        int? iterations = loops.Length == 0 ? null : (int)loops[0].Inputs[0]!.Constant!.Read().Integers[0];
        var oracle = new LayoutOracle(problem, graph.Values["w"], data, data[plan.Loss.Target!], isProven: true);
        return (Interpreter.Run(plan.Program, data)[0].Floats, iterations, oracle);
    }

    private static double Norm(double[] entries) => Math.Sqrt(entries.Sum(entry => entry * entry));
}
