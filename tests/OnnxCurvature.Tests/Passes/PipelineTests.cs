using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Passes;
using OnnxCurvature.Tests.Methods;
using Xunit;

namespace OnnxCurvature.Tests.Passes;

/// <summary>Passes in order: what they leave alone, and that each is verified here.</summary>
public sealed class PipelineTests
{
    [Fact]
    public void Passes_are_verified_in_tests() => Assert.True(AppContext.TryGetSwitch(Pipeline.VerifiesSwitch, out var isOn) && isOn);

    [Fact]
    public void A_program_that_is_none_is_refused_with_the_name_of_the_pass()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2]), "x");
        var program = b.Build([x], [new NamedValue("y", Neg.Of(b, x))]);
        var error = Assert.Throws<InvalidOperationException>(() => new Pipeline(new ForeignValue()).Run(program));
        Assert.StartsWith("After the pass 'foreign value': ", error.Message, StringComparison.Ordinal);
        Assert.Contains("foreign", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExecutionProvider.Cpu)]
    [InlineData(ExecutionProvider.Cuda)]
    public void Derivatives_that_went_through_the_passes_stay_as_they_are(ExecutionProvider provider)
    {
        foreach (var name in new[] { "plain cnn 2", "silu resnet block Mse 2", "segmentation 3" })
        {
            var problem = ProblemTable.Find(name);
            var request = new CurvatureRequest
            {
                WithRespectTo = [problem.Graph().Weights.First().Name!],
                Loss = new LossRequest(problem.Loss),
                Quantities = [Quantity.Gradient, Quantity.HessianDiagonal],
            };
            var program = new Planner(problem.Graph(), request, new PlanLimits { Provider = provider }).Plan().Program;
            Assert.Same(program, Pipeline.For(provider).Run(program));
        }
    }

    [Fact]
    public void A_program_of_matrices_of_floats_is_what_every_engine_takes()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2, 3]), "x");
        var program = b.Build([x], [new NamedValue("y", Neg.Of(b, x))]);
        var pipeline = Pipeline.ForEngine(EngineGaps.Integers | EngineGaps.Vectors | EngineGaps.SharedConstants, null);
        Assert.Equal(["forms of an engine", "arithmetic in floating point", "matrices of one row", "copies of constants"], pipeline.Passes);
        Assert.Same(program, pipeline.Run(program));
    }

    /// <summary>A pass that takes a value which no program defines.</summary>
    private sealed class ForeignValue : IPass
    {
        public string Name => "foreign value";

        public OnnxCurvature.Ir.Program Run(OnnxCurvature.Ir.Program program)
        {
            var b = new GraphBuilder();
            var foreign = b.Parameter(new TensorType(ElementType.Float32, [2]), "foreign");
            return b.Build(program.Parameters, [new NamedValue("y", Neg.Of(b, foreign))]);
        }
    }
}
