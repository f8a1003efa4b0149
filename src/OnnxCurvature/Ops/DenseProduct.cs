using System.Numerics.Tensors;

namespace OnnxCurvature.Ops;

/// <summary>The matrix product in double that managed evaluation uses.</summary>
public static class DenseProduct
{
    /// <summary>
    /// product += x · y for row-major x [rows, inner], y [inner, columns] and product [rows, columns], rows in parallel.
    /// </summary>
    public static void Multiply(ReadOnlyMemory<double> x, ReadOnlyMemory<double> y, Memory<double> product, int inner, int columns)
    {
        if (columns == 0 || inner == 0)
            return;
        var rows = product.Length / columns;
        if ((long)rows * inner * columns < 1 << 16)
        {
            for (var row = 0; row < rows; row++)
                Row(row);
            return;
        }
        Parallel.For(0, rows, Row);

        void Row(int row)
        {
            var sum = product.Span.Slice(row * columns, columns);
            var factors = x.Span.Slice(row * inner, inner);
            for (var k = 0; k < inner; k++)
                if (factors[k] != 0)
                    TensorPrimitives.MultiplyAdd(y.Span.Slice(k * columns, columns), factors[k], sum, sum);
        }
    }
}
