using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>
/// An optimization of ONNX Runtime that moves a transpose past a product and transposes the weight there, in its own copy of it alone.
/// </summary>
public sealed class TransposedWeightTests
{
    private const int Samples = 3,
        Size = 32;

    /// <summary>
    /// Σ tanh((xᵀ ∘ w ∘ w)ᵀ), of a weight that is large enough to stay in its file. It is square, so that its transpose has the same
    /// shape, or has fewer axes than what it multiplies.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_weight_beside_a_transpose_keeps_its_axes(bool isSquare)
    {
        var (rows, columns) = isSquare ? (Size, Size) : (2, Size * Size);
        var random = new Random(5);
        double[] w = [.. Enumerable.Range(0, isSquare ? rows * columns : columns).Select(_ => Math.Round(random.NextDouble() - 0.5, 3))];
        double[] x = [.. Enumerable.Range(0, Samples * rows * columns).Select(_ => Math.Round(random.NextDouble() - 0.5, 3))];
        using var folder = new TemporaryFolder();
        var path = Model(rows, columns, isSquare, w).Save(folder);
        var request = new CurvatureRequest { WithRespectTo = ["w"], Loss = LossRequest.Parse("sum") };
        var data = new Dictionary<string, NpyArray>(StringComparer.Ordinal)
        {
            ["x"] = NpyArray.Of(ElementType.Float32, [Samples, columns, rows], x),
        };
        using var run = CurvatureEngine.Prepare(path, request, data, new CurvatureRunOptions());
        var result = run.Run(null, TestContext.Current.CancellationToken);

        var (gradient, diagonal) = (new double[w.Length], new double[w.Length]);
        for (var sample = 0; sample < Samples; sample++)
        for (var row = 0; row < rows; row++)
        for (var column = 0; column < columns; column++)
        {
            var at = isSquare ? row * columns + column : column;
            var factor = x[(sample * columns + column) * rows + row];
            var tanh = Math.Tanh(factor * w[at] * w[at]);
            var (slope, inner) = (1 - tanh * tanh, 2 * factor * w[at]);
            gradient[at] += slope * inner;
            diagonal[at] += -2 * tanh * slope * inner * inner + slope * 2 * factor;
        }
        AssertIs(gradient, "w.gradient");
        AssertIs(diagonal, "w.hessian_diagonal");

        void AssertIs(double[] expected, string name)
        {
            var tolerance = 1e-5 * expected.Max(Math.Abs);
            var actual = result.Tensors.Single(tensor => tensor.Name == name).Values.ToArray();
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        }
    }

    private static ModelProto Model(int rows, int columns, bool isSquare, double[] w)
    {
        var perm = ModelBytes.Ints("perm", 0, 2, 1);
        return ModelBytes.Model(
            new GraphProto
            {
                Name = "transposed",
                Input = { ModelBytes.Info("x", 1, "N", columns, rows) },
                Output = { ModelBytes.Info("z", 1, "N", columns, rows) },
                Initializer = { ModelBytes.Weight("w", isSquare ? [rows, columns] : [columns], index => w[index]) },
                Node =
                {
                    ModelBytes.Node("Transpose", "x", "a", perm),
                    ModelBytes.Node("Mul", "a w", "b"),
                    ModelBytes.Node("Mul", "b w", "c"),
                    ModelBytes.Node("Transpose", "c", "d", perm),
                    ModelBytes.Node("Tanh", "d", "z"),
                },
            }
        );
    }
}
