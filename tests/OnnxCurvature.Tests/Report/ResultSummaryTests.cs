using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.Report;

/// <summary>Which tensor of a result belongs to which target.</summary>
public sealed class ResultSummaryTests
{
    [Fact]
    public void Tensors_are_gathered_by_target_in_the_order_of_the_result()
    {
        var summary = Of("loss", "b.gradient", "a[3:9].gradient", "b.hessian_diagonal", "a[3:9].ggn_diagonal");
        Assert.Equal(["b", "a[3:9]"], summary.Targets.Select(target => target.Name));
        Assert.Equal([Quantity.Gradient, Quantity.HessianDiagonal], summary.Targets[0].Tensors.Select(tensor => tensor.Quantity));
        Assert.Equal([Quantity.Gradient, Quantity.GgnDiagonal], summary.Targets[1].Tensors.Select(tensor => tensor.Quantity));
    }

    [Fact]
    public void A_target_may_be_called_as_a_quantity_is()
    {
        var summary = Of("x.gradient.hessian_diagonal", "loss.gradient");
        Assert.Equal(["x.gradient", "loss"], summary.Targets.Select(target => target.Name));
        Assert.Null(summary.Loss);
    }

    [Fact]
    public void The_loss_is_reported() => Assert.Equal(2.5, Of("loss").Loss);

    private static ResultSummary Of(params string[] names) =>
        ResultSummary.Of(
            new CurvatureResult(
                [.. names.Select(name => new ResultTensor(name, ElementType.Float32, [], (double[])[2.5]))],
                1,
                1,
                ImmutableDictionary<string, double>.Empty,
                0
            )
        );
}
