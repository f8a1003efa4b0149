using System.Numerics;
using System.Runtime.InteropServices;

namespace OnnxCurvature.Ops.Evaluation;

/// <summary>The matrix product in double that managed evaluation uses.</summary>
internal static class DenseProduct
{
    /// <summary>Rows of the product that one task computes, so that a block of y is read from memory once for all of them.</summary>
    private const int RowBlock = 32;

    /// <summary>Rows and columns of the block of y that stays in the second-level cache: 32 × 1024 doubles are 256 KiB.</summary>
    private const int InnerBlock = 32,
        ColumnBlock = 1024;

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
            Rows(0, rows);
            return;
        }
        var block = Math.Clamp(rows / (2 * Environment.ProcessorCount), 1, RowBlock);
        Parallel.For(0, (rows + block - 1) / block, task => Rows(task * block, Math.Min(rows, (task + 1) * block)));

        void Rows(int first, int last)
        {
            var a = x.Span;
            var b = y.Span;
            var sums = product.Span;
            for (var column = 0; column < columns; column += ColumnBlock)
            {
                var width = Math.Min(ColumnBlock, columns - column);
                for (var start = 0; start < inner; start += InnerBlock)
                {
                    var end = Math.Min(inner, start + InnerBlock);
                    for (var row = first; row < last; row++)
                    {
                        var sum = sums.Slice(row * columns + column, width);
                        var factors = a.Slice(row * inner, inner);
                        var k = start;
                        for (; k + 4 <= end; k += 4)
                            AddFour(sum, factors.Slice(k, 4), b[(k * columns + column)..], columns);
                        for (; k < end; k++)
                            AddOne(sum, factors[k], b.Slice(k * columns + column, width));
                    }
                }
            }
        }
    }

    /// <summary>sum += Σ factors[i] * y[i * stride ..]: four rows at a time, so that the sum is read and written once for all.</summary>
    private static void AddFour(Span<double> sum, ReadOnlySpan<double> factors, ReadOnlySpan<double> y, int stride)
    {
        var width = sum.Length;
        var y0 = y[..width];
        var y1 = y.Slice(stride, width);
        var y2 = y.Slice(2 * stride, width);
        var y3 = y.Slice(3 * stride, width);
        var f0 = factors[0];
        var f1 = factors[1];
        var f2 = factors[2];
        var f3 = factors[3];
        var target = MemoryMarshal.Cast<double, Vector<double>>(sum);
        var v0 = Vectors(y0)[..target.Length];
        var v1 = Vectors(y1)[..target.Length];
        var v2 = Vectors(y2)[..target.Length];
        var v3 = Vectors(y3)[..target.Length];
        for (var i = 0; i < target.Length; i++)
            target[i] += f0 * v0[i] + f1 * v1[i] + (f2 * v2[i] + f3 * v3[i]);
        for (var i = target.Length * Vector<double>.Count; i < width; i++)
            sum[i] += f0 * y0[i] + f1 * y1[i] + (f2 * y2[i] + f3 * y3[i]);
    }

    private static void AddOne(Span<double> sum, double factor, ReadOnlySpan<double> y)
    {
        for (var i = 0; i < sum.Length; i++)
            sum[i] += factor * y[i];
    }

    private static ReadOnlySpan<Vector<double>> Vectors(ReadOnlySpan<double> elements) =>
        MemoryMarshal.Cast<double, Vector<double>>(elements);
}
