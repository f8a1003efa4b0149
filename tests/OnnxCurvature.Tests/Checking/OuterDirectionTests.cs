using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Checking;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Checking;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Methods;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>
/// Directions of the check along large matrices are outer products where only matrix products take them: the matrices themselves are
/// never computed, and the results of the run, which knows nothing of this, agree with what is derived.
/// </summary>
public sealed class OuterDirectionTests
{
    private const long Rows = 260;
    private const long Columns = 270;
    private const int Samples = 3;
    private const string Plain = "MatMul";
    private const string Twice = "used twice";

    public static TheoryData<string, bool> Uses =>
        new()
        {
            { Plain, true },
            { "MatMul of sequences", true },
            { "MatMul by two batch axes", true },
            { "MatMul with the weight first", true },
            { "MatMul with the weight first and transposed", true },
            { "Gemm", true },
            { "Gemm by the transposed weight", true },
            { "Gemm of transposed data", true },
            { Twice, true },
            { "scaled", false },
            { "gathered", false },
            { "summed", false },
        };

    [Theory]
    [MemberData(nameof(Uses))]
    public void Results_agree_along_them(string use, bool areOuter)
    {
        ElementType[] elements = use == Plain ? [ElementType.Float32, ElementType.Float64] : [ElementType.Float64];
        foreach (var element in elements)
        {
            var (problem, weight) = Using(use);
            using var folder = new TemporaryFolder();
            var file = ProblemFile.Write(problem, folder, element);
            var request = new CurvatureRequest
            {
                WithRespectTo = [weight.Name!],
                Loss = new LossRequest(problem.Loss),
                Quantities =
                [
                    Quantity.Gradient,
                    // The second derivatives of a weight that is used twice take a direction for each of its entries.
                    .. use == Twice ? Array.Empty<Quantity>() : [Quantity.HessianDiagonal],
                    Quantity.GgnDiagonal,
                    Quantity.FisherDiagonal,
                    Quantity.PerSampleGradient,
                ],
            };
            var options = new CurvatureRunOptions { Faults = new PlantedFaults { Expected = _ => (double.MaxValue, 1) } };
            var run = CurvatureEngine.Prepare(file.Path, request, file.Data, options);
            var check = run.Run(null, TestContext.Current.CancellationToken).Check;
            Assert.Empty(check.Unchecked);
            Assert.Equal(request.Quantities.Length, check.Entries.Select(entry => entry.Name).Distinct().Count());
            Assert.InRange(check.LargestDifference, 0, element == ElementType.Float32 ? 1e-4 : 1e-12);
        }
        var derivatives = Derivatives(use, CheckedDerivatives.Second);
        Assert.Equal(areOuter, derivatives.AreOuter(derivatives.Values[0], CheckedRounding.Wide));
        if (areOuter)
            Assert.All(
                derivatives.ProgramFor(2, CheckedRounding.Wide, ExecutionProvider.Cpu).Nodes.SelectMany(node => node.Outputs),
                output => Assert.InRange(output.Type.Shape.Elements.Factor, 0, 2 * Rows * Columns - 1),
                throwIfEmpty: true
            );
    }

    /// <summary>Errors of tangents are no outer products, a second direction may be any, and so may one that is given.</summary>
    [Theory]
    [InlineData(CheckedDerivatives.Second, CheckedRounding.Perturbed)]
    [InlineData(CheckedDerivatives.Second | CheckedDerivatives.Pairs, CheckedRounding.Wide)]
    [InlineData(CheckedDerivatives.Image, CheckedRounding.Wide)]
    internal void Other_directions_are_matrices(CheckedDerivatives asked, CheckedRounding rounding)
    {
        var derivatives = Derivatives(Plain, asked);
        Assert.False(derivatives.AreOuter(derivatives.Values[0], rounding));
        Assert.Equal([2, Rows, Columns], derivatives.ProgramFor(2, rounding, ExecutionProvider.Cpu).Parameters[0].Type.Shape.Sizes);
    }

    private static DirectionalDerivatives Derivatives(string use, CheckedDerivatives asked)
    {
        var (problem, weight) = Using(use);
        var graph = problem.Graph();
        var head = LossBuilder.Build(graph, new LossRequest(problem.Loss), Reduction.Mean);
        return new DirectionalDerivatives(graph, head, [weight], asked);
    }

    private static (Problem Problem, Value Weight) Using(string use)
    {
        var problem = new Problem(use, Samples, symbolic: false) { Loss = LossKind.Mse };
        var weight = problem.Weight("w", 0.1, Rows, Columns);
        var hidden = problem.Apply<Tanh>(Hidden(problem, weight, use));
        var few = Tensor.Of(
            [hidden.Type.Shape[^1].Factor, 2],
            [.. Enumerable.Range(0, 2 * (int)hidden.Type.Shape[^1].Factor).Select(index => Math.Sin(index))]
        );
        problem.Output = problem.Apply<MatMul>(hidden, problem.Builder.Constant(few));
        return (problem, weight);
    }

    private static Value Hidden(Problem problem, Value weight, string use)
    {
        var b = problem.Builder;
        switch (use)
        {
            case Plain:
                return problem.Apply<MatMul>(problem.Input(2, Rows), weight);
            case "MatMul of sequences":
                return problem.Apply<MatMul>(problem.Input(5, Rows), weight);
            case "MatMul by two batch axes":
                return problem.Apply<MatMul>(problem.Input(2, 1, Rows), weight);
            case "MatMul with the weight first":
                return TransposeAxes.Last(b, problem.Apply<MatMul>(weight, problem.Input(Columns, 2)));
            case "MatMul with the weight first and transposed":
                return TransposeAxes.Last(b, problem.Apply<MatMul>(TransposeAxes.Last(b, weight), problem.Input(Rows, 2)));
            case "Gemm":
                return ByHalves(problem.Apply<Gemm>(problem.Input(Rows), weight));
            case "Gemm by the transposed weight":
                var transposed = Attributes.Empty.With("transB", 1L).With("alpha", 0.5);
                return ByHalves(problem.Apply<Gemm>(transposed, problem.Input(Columns), weight));
            case "Gemm of transposed data":
                var data = TransposeAxes.Of(b, problem.Input(Rows), 1, 0);
                return ByHalves(problem.Apply<Gemm>(Attributes.Empty.With("transA", 1L), data, weight));
            case Twice:
                var first = problem.Apply<MatMul>(problem.Input(2, Rows), weight);
                return problem.Apply<MatMul>(problem.Apply<Tanh>(first), TransposeAxes.Last(b, weight));
            case "scaled":
                return problem.Apply<MatMul>(problem.Input(2, Rows), problem.Apply<Mul>(weight, b.Scalar(ElementType.Float64, 0.5)));
            case "gathered":
                var places = b.Vector([0, 7, Rows - 1]);
                return problem.Apply<Mul>(problem.Input(3, Columns), problem.Apply<Gather>(weight, places));
            default:
                return problem.Apply<Add>(problem.Input(2, Columns), problem.Apply<ReduceSum>(weight, b.Vector([0])));
        }

        Value ByHalves(Value rows) => Reshape.To(b, rows, [Samples, 2, rows.Type.Shape[1].Factor / 2]);
    }
}
