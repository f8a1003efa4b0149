using OnnxCurvature.Ops.Evaluation;
using Xunit;

namespace OnnxCurvature.Tests.Ops;

/// <summary>The blocked matrix product against three loops.</summary>
public sealed class DenseProductTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 5, 7)]
    [InlineData(70, 45, 2100)]
    [InlineData(2, 130, 1027)]
    [InlineData(129, 33, 3)]
    public void A_product_in_blocks_equals_the_plain_sum(int rows, int inner, int columns)
    {
        var random = new Random(rows);
        var (x, y) = (Numbers(rows * inner), Numbers(inner * columns));
        var product = Numbers(rows * columns);
        var expected = (double[])product.Clone();
        for (var row = 0; row < rows; row++)
        for (var k = 0; k < inner; k++)
        for (var column = 0; column < columns; column++)
            expected[row * columns + column] += x[row * inner + k] * y[k * columns + column];

        DenseProduct.Multiply(x, y, product, inner, columns);

        for (var i = 0; i < product.Length; i++)
            Assert.Equal(expected[i], product[i], 1e-12 * inner);

        double[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
    }

    [Fact]
    public void An_infinite_entry_is_not_lost_where_it_meets_a_zero()
    {
        var product = new double[1];
        DenseProduct.Multiply(new double[] { 0 }, new[] { double.PositiveInfinity }, product, 1, 1);
        Assert.True(double.IsNaN(product[0]));
    }
}
