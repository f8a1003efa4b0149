using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.RandomGraphs.Evaluation;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;
using OnnxCurvature.RandomGraphs.Oracle;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.RandomGraphs;

/// <summary>The references of random graphs: values against ONNX Runtime's, derivatives against differences of values.</summary>
[Trait("Category", "Slow")]
public sealed class OracleTests
{
    private const double Step = 1e-5;

    /// <summary>The rounding of numbers of size one in float64, a hundred times over, in a quotient of differences.</summary>
    private const double Rounding = 100 * 1.1e-16 / Step;

    [Fact]
    public void Values_are_those_of_ONNX_Runtime()
    {
        using var folder = new TemporaryFolder();
        var (compared, operators) = (0, new HashSet<string>(StringComparer.Ordinal));
        foreach (var (seed, problem) in Problems(1, 260))
        {
            // ONNX Runtime lacks kernels for float64, so the graphs are written in float32.
            var graph = problem.Graph with
            {
                Bits = 32,
            };
            var path = folder.File($"{seed}.onnx");
            File.WriteAllBytes(path, ModelFile.Bytes(graph));
            var expected = Evaluator.Run(graph, new Tape())[graph.Output].Numbers.Select(number => number.Value).ToArray();
            // A kink that is close may be crossed by rounding.
            var dense = new DenseDerivatives(problem);
            if (dense.Margin < 1e-3 || !IsTame(dense))
                continue;
            // ONNX Runtime makes one product of a quantized weight and a product, which rounds the other factor, too.
            var values = PlainSession.Run(path, Checked(problem), asWritten: graph.IsQuantized)[graph.Output];
            // Numbers of size one that cancel leave their rounding.
            var scale = Math.Max(1e-3, expected.Max(Math.Abs));
            Assert.True(
                values.Length == expected.Length && values.Zip(expected, (a, b) => Math.Abs(a - b)).All(error => error < 1e-4 * scale),
                $"seed {seed}: {string.Join(",", values)} and not {string.Join(",", expected)}"
            );
            compared++;
            operators.UnionWith(graph.Nodes.Select(node => node.Operator));
        }
        Assert.True(compared > 150 && operators.Count > 60, $"{compared} graphs, {operators.Count} operators");
    }

    [Fact]
    public void Derivatives_are_limits_of_differences()
    {
        var compared = 0;
        foreach (var (seed, problem) in Problems(1000, 200))
        {
            // A quantized model has differences of zero, and another derivative by convention.
            if (
                problem.Graph.IsQuantized
                || problem.Graph.Constants.FirstOrDefault(constant => constant.Name == problem.Target.Name)
                    is not { Floats: { } weight } target
            )
                continue;
            var dense = new DenseDerivatives(problem);
            if (!dense.DependsOnTarget || dense.Margin < 1e-2 || !IsTame(dense))
                continue;
            var (gradient, hessian) = (dense.Gradient(dense.Loss), dense.Hessian(dense.Loss));
            var (ofGradient, ofHessian) = (gradient.Max(Math.Abs), hessian.SelectMany(row => row).Max(Math.Abs));
            for (var entry = 0; entry < dense.Size; entry++)
            {
                var (above, below) = (Moved(entry, Step), Moved(entry, -Step));
                Near(
                    (above.Loss.Value - below.Loss.Value) / (2 * Step),
                    gradient[entry],
                    1e-6 * ofGradient + Rounding,
                    $"seed {seed}, gradient {entry}"
                );
                var (up, down) = (above.Gradient(above.Loss), below.Gradient(below.Loss));
                for (var other = 0; other < dense.Size; other++)
                    Near(
                        (up[other] - down[other]) / (2 * Step),
                        hessian[entry][other],
                        1e-5 * ofHessian + Rounding,
                        $"seed {seed}, Hessian {entry}, {other}"
                    );
            }
            compared++;

            DenseDerivatives Moved(int entry, double step)
            {
                var moved = weight.ToArray();
                moved[dense.Entries[entry]] += step;
                return new DenseDerivatives(
                    problem with
                    {
                        Graph = problem.Graph with { Constants = problem.Graph.Constants.Replace(target, target with { Floats = moved }) },
                    }
                );
            }
        }
        Assert.True(compared > 40, $"{compared} graphs");
    }

    /// <summary>Whether no derivative is so large that rounding would be seen.</summary>
    private static bool IsTame(DenseDerivatives dense) =>
        dense.Hessian(dense.Loss).SelectMany(row => row).Concat(dense.Gradient(dense.Loss)).All(value => Math.Abs(value) <= 100);

    private static void Near(double difference, double derivative, double tolerance, string what) =>
        Assert.True(Math.Abs(difference - derivative) <= tolerance, $"{what}: {difference} and not {derivative}");

    private static IEnumerable<(long Seed, Problem Problem)> Problems(long first, int count)
    {
        for (var seed = first; seed < first + count; seed++)
            if (ProblemGenerator.Make(Choices.Sampled(seed), (ulong)seed) is { } problem)
                yield return (seed, problem);
    }

    private static Dictionary<string, OnnxCurvature.Files.NpyArray> Checked(Problem problem) =>
        OnnxCurvature.RandomGraphs.Checking.ProblemData.Of(problem, new Expectation(problem, new DenseDerivatives(problem))).For([]);
}
