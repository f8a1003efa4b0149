using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Passes;
using OnnxCurvature.Tests.Architecture;
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

    public static TheoryData<Type> Passes =>
        [.. typeof(IPass).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IPass)) && !type.IsInterface)];

    [Theory]
    [MemberData(nameof(Passes))]
    public void A_pass_says_what_it_requires_and_ensures(Type pass)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "src", "OnnxCurvature", "Passes", $"{pass.Name}.cs"));
        Assert.Matches($"(?s)<remarks>\\s*(/// )?Requires .*Ensures .*</remarks>.*class {pass.Name}\\b", text);
    }

    [Theory]
    [MemberData(nameof(Passes))]
    public void A_pass_without_anything_to_do_gives_the_same_program(Type pass)
    {
        var constructor = Assert.Single(pass.GetConstructors());
        object?[] arguments = [.. constructor.GetParameters().Select(parameter => Argument(parameter.ParameterType))];
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, [2, 3]), "x");
        var program = b.Build([x], [new NamedValue("y", Neg.Of(b, x))]);
        Assert.Same(program, ((IPass)constructor.Invoke(arguments)).Run(program));

        static object? Argument(Type type) =>
            type == typeof(int) ? OpsetRange.Highest
            : type == typeof(ElementType) ? ElementType.Float32
            : type.IsValueType ? Activator.CreateInstance(type)
            : null;
    }

    /// <summary>Only a pipeline runs passes, so that all of them are verified.</summary>
    [Fact]
    public void Passes_run_in_pipelines_alone()
    {
        string[] creations = [.. Passes.Select(row => $"new {row.Data.Name}(")];
        Assert.Equal(
            ["OnnxCurvature/Passes/Pipeline.cs"],
            from file in Repository.SourcesBelow("src")
            let text = File.ReadAllText(Path.Combine(Repository.Root, "src", file))
            where creations.Any(creation => text.Contains(creation, StringComparison.Ordinal))
            select file
        );
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
