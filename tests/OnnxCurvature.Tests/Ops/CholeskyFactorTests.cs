using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Laws;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>
/// The factorization of positive semidefinite matrices, in managed code and in ONNX Runtime: L Lᵀ is the matrix, entry by entry.
/// </summary>
public sealed class CholeskyFactorTests
{
    /// <summary>Sizes around the width of a panel, and ranks from none to full.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 0)]
    [InlineData(5, 2)]
    [InlineData(63, 63)]
    [InlineData(64, 10)]
    [InlineData(65, 65)]
    [InlineData(130, 129)]
    public void The_product_of_the_factor_with_itself_is_the_matrix(int size, int rank)
    {
        const int count = 2;
        var random = new Random(31 * size + rank);
        var matrices = Enumerable.Range(0, count).Select(_ => Semidefinite(random, size, rank)).ToArray();
        var b = new GraphBuilder();
        var given = b.Parameter(new TensorType(ElementType.Float64, TensorShape.Of([count, size, size])));
        var columns = CholeskyFactor.Columns(b, given, ElementType.Float64);
        var program = b.Build([given], [new NamedValue("columns", columns)]);
        var data = Tensor
            .Of([count, size, size], matrices.SelectMany(matrix => matrix.ToRowMajorArray()).ToArray())
            .CastTo(ElementType.Float64);
        Check(Interpreter.Run(program, new Dictionary<Value, Tensor> { [given] = data })[0].Floats);
        using var session = new OrtProgram(program, new OrtSettings(Path.GetTempPath(), ExecutionProvider.Cpu, 1));
        using var feed = RuntimeProgram.Feed(data);
        using var result = session.Run([feed], _ => true, TestContext.Current.CancellationToken)[0];
        Check(OrtTensors.Doubles(result));

        void Check(double[] all)
        {
            for (var at = 0; at < count; at++)
            {
                var matrix = matrices[at];
                // Column j of matrix n is at [j, n, …].
                var factor = Matrix<double>.Build.Dense(size, size, (row, column) => all[((column * count) + at) * size + row]);
                var product = factor * factor.Transpose();
                for (var row = 0; row < size; row++)
                for (var column = 0; column < size; column++)
                    Assert.True(
                        Math.Abs(product[row, column] - matrix[row, column])
                            <= 2e-15 * size * Math.Sqrt(matrix[row, row] * matrix[column, column]),
                        $"entry {row}, {column} of matrix {at} is {product[row, column]} and should be {matrix[row, column]}"
                    );
            }
        }
    }

    /// <summary>B Bᵀ with rows of sizes from 10⁻⁶ to 10⁶.</summary>
    private static Matrix<double> Semidefinite(Random random, int size, int rank)
    {
        var root = Matrix<double>.Build.Dense(size, Math.Max(1, rank), (_, _) => rank == 0 ? 0 : (2 * random.NextDouble()) - 1);
        var scale = Matrix<double>.Build.DenseDiagonal(size, size, row => Math.Pow(10, (row % 13) - 6));
        return scale * root * root.Transpose() * scale;
    }
}
