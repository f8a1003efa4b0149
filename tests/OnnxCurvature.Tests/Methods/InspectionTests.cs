using System.Collections.Immutable;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Methods;

/// <summary>An inspection says of every weight what a plan of that weight alone says.</summary>
public sealed class InspectionTests
{
    [Theory]
    [InlineData("mlp.onnx")]
    [InlineData("resnet_small.onnx")]
    [InlineData("vgg16_narrow.onnx")]
    public void Every_weight_is_inspected_as_it_is_planned(string name)
    {
        var path = Path.Combine(Repository.Root, "testmodels", name);
        var report = CurvatureEngine.Inspect(
            path,
            ImmutableDictionary<string, long>.Empty,
            cancellation: TestContext.Current.CancellationToken
        );
        Assert.NotEmpty(report.Weights);
        foreach (var weight in report.Weights)
        {
            var request = new CurvatureRequest
            {
                WithRespectTo = [weight.Name],
                Loss = LossRequest.Parse(report.Losses[0].Loss),
                Quantities = [Quantity.HessianDiagonal],
            };
            var plan = new Planner(OnnxModel.Load(path, new LoadOptions()).Graph, request, new PlanLimits()).Plan().Methods[0];
            var inspected = weight.Plan!;
            Assert.Equal(
                (plan.Method, plan.Reason, plan.Directions, plan.ChunkSize, plan.Flops, plan.MemoryBytes),
                (inspected.Method, inspected.Reason, inspected.Directions, inspected.ChunkSize, inspected.Flops, inspected.MemoryBytes)
            );
        }
    }
}
