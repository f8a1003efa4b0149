using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Convolution;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Pooling;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// A convolution before a pooling whose windows overlap: gradients are put together over the outputs of the pooling, some of which took the
/// same position, against differences of the loss.
/// </summary>
public sealed class ArgmaxContractionTests
{
    private const int Classes = 100;

    [Theory]
    [InlineData("c1", 1)]
    [InlineData("c1", 3)]
    [InlineData("c1[1:3]", 2)]
    public void The_diagonal_over_argmax_positions_is_that_of_the_loss(string target, int samples)
    {
        var problem = OverlappingWindows(samples);
        var request = new CurvatureRequest
        {
            WithRespectTo = [target],
            Loss = new LossRequest(problem.Loss),
            Quantities = [Quantity.HessianDiagonal],
        };
        var graph = problem.Graph();
        var plan = new Planner(graph, request, new PlanLimits { DefaultDimension = samples }).Plan();
        Assert.Contains("64 argmax positions", plan.Methods[0].Reason, StringComparison.Ordinal);
        var data = problem.Data(plan.Loss.Target);
        var diagonal = Vector<double>.Build.DenseOfArray(Interpreter.Run(plan.Program, data)[0].Floats);

        var (_, all) = new DenseOracle(plan.Loss.Loss, graph.Values["c1"], data).Derivatives();
        var expected = target == "c1" ? all : all.SubVector(all.Count / 3, 2 * all.Count / 3);
        Assert.Equal(expected.Count, diagonal.Count);
        Assert.True(expected.L2Norm() > 1e-6);
        Assert.True((diagonal - expected).L2Norm() < 1e-5 * expected.L2Norm(), $"{(diagonal - expected).L2Norm() / expected.L2Norm()}");
    }

    private static Problem OverlappingWindows(int samples)
    {
        // At this point no kink lies within the step of the differences.
        var p = new Problem("overlapping-windows", samples, false, seed: 2);
        var same = Attributes.Empty.With("kernel_shape", [3, 3]).With("pads", [1, 1, 1, 1]);
        var pool = Attributes.Empty.With("kernel_shape", [3, 3]).With("strides", [2, 2]).With("pads", [1, 1, 1, 1]);
        var h = p.Apply<Conv>(same, p.Input(3, 16, 16), p.Weight("c1", 0.4, 3, 3, 3, 3));
        h = p.Apply<Mul>(h, p.Builder.Constant(Tensor.Of(ElementType.Float64, [3, 1, 1], [0.7, -1.1, 1.3])));
        h = p.Apply<MaxPool>(pool, p.Apply<Relu>(h));
        h = p.Apply<Flatten>(Attributes.Empty.With("axis", 1L), h);
        p.Output = p.Apply<MatMul>(h, p.Weight("k", 0.2, 3 * 8 * 8, Classes));
        return p;
    }
}
