using System.Numerics;
using OnnxCurvature.Runtime.Batches;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Sums whose bits depend on nothing but what is added, against sums of integers of any length.</summary>
public sealed class ExactSumTests
{
    /// <summary>Numbers are counted in units of the least double.</summary>
    private const int LeastExponent = -1074;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(30, 2)]
    [InlineData(120, 3)]
    [InlineData(600, 4)]
    public void Sums_are_the_exact_ones_rounded_once_in_any_order_and_grouping(int spread, int seed)
    {
        const int Entries = 37;
        var random = new Random(seed);
        double[][] parts =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(_ =>
                    Enumerable
                        .Range(0, Entries)
                        .Select(_ => Math.ScaleB((float)(random.NextDouble() - 0.5), random.Next(-spread, spread + 1)))
                        .ToArray()
                ),
        ];
        double[] expected =
        [
            .. Enumerable
                .Range(0, Entries)
                .Select(entry => Rounded(parts.Aggregate(BigInteger.Zero, (sum, part) => sum + Exact(part[entry])))),
        ];
        for (var round = 0; round < 10; round++)
        {
            random.Shuffle(parts);
            var whole = new ExactSum(Entries);
            foreach (var group in parts.Chunk(random.Next(1, 60)))
            {
                var sum = new ExactSum(Entries);
                foreach (var part in group)
                    sum.Add(0, [.. part]);
                foreach (var numbers in sum.Parts)
                    whole.Add(numbers);
            }
            Assert.Equal(expected.Select(BitConverter.DoubleToInt64Bits), whole.Round().ToDoubles().Select(BitConverter.DoubleToInt64Bits));
        }
    }

    [Theory]
    // Half a unit of the last place, to even; and what lies below decides.
    [InlineData(new[] { 1, 1.1102230246251565e-16 }, 1)]
    [InlineData(new[] { 1, 1.1102230246251565e-16, 1e-40 }, 1.0000000000000002)]
    [InlineData(new[] { 1, 1.1102230246251565e-16, -1e-40 }, 1)]
    [InlineData(new[] { 1e30, 1, -1e30, 1e-30, -1 }, 1e-30)]
    [InlineData(new[] { -0.0, 0.0 }, 0)]
    public void A_rest_below_half_a_unit_decides(double[] terms, double expected)
    {
        var sum = new ExactSum(1);
        foreach (var term in terms)
            sum.Add(0, [term]);
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(sum.Round()[0]));
    }

    [Fact]
    public void Numbers_of_like_size_take_two_parts()
    {
        var (random, sum) = (new Random(5), new ExactSum(64));
        for (var batch = 0; batch < 1000; batch++)
            sum.Add(0, [.. Enumerable.Range(0, 64).Select(_ => (double)(float)(random.NextDouble() - 0.5) * 32 / 50_000)]);
        Assert.Equal(2, sum.Parts.Count);
    }

    [Fact]
    public void One_term_that_float32_holds_takes_half_the_space()
    {
        var sum = new ExactSum(3);
        sum.Add(0, [1.5, -0.0]);
        sum.Add(2, [(double)float.Epsilon]);
        Assert.Equal(3 * sizeof(float), sum.Bytes);
        Assert.Equal(
            new[] { 1.5, 0.0, float.Epsilon }.Select(BitConverter.DoubleToInt64Bits),
            sum.Round().ToDoubles().Select(BitConverter.DoubleToInt64Bits)
        );
    }

    [Theory]
    [InlineData(1, new[] { 0.1 }, new[] { 1.5, 0.1 })]
    [InlineData(1, new[] { 1e300 }, new[] { 1.5, 1e300 })]
    [InlineData(0, new[] { 0.25 }, new[] { 1.75, 0 })]
    [InlineData(0, new[] { 1e-30, 2 }, new[] { 1.5, 2 })]
    public void Any_other_term_widens_the_sums(int start, double[] terms, double[] expected)
    {
        var sum = new ExactSum(2);
        sum.Add(0, [1.5]);
        sum.Add(start, [.. terms]);
        Assert.Equal(expected, sum.Round().ToDoubles());
        Assert.Equal(2 * sizeof(double) * sum.Parts.Count, sum.Bytes);
    }

    [Fact]
    public void Terms_that_begin_behind_the_first_entry_leave_zeros_before_them()
    {
        var sum = new ExactSum(3);
        sum.Add(1, [2]);
        Assert.Equal([0.0, 2, 0], sum.Round().ToDoubles());
    }

    private static BigInteger Exact(double number)
    {
        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(number));
        var (exponent, fraction) = ((int)(bits >> 52), bits & ((1L << 52) - 1));
        var magnitude = exponent == 0 ? fraction : new BigInteger(fraction | (1L << 52)) << (exponent - 1);
        return number < 0 ? -magnitude : magnitude;
    }

    private static double Rounded(BigInteger exact)
    {
        var (sign, magnitude) = (exact.Sign < 0 ? -1 : 1, BigInteger.Abs(exact));
        var dropped = Math.Max(0, (int)magnitude.GetBitLength() - 53);
        var (whole, rest) = (magnitude >> dropped, magnitude & ((BigInteger.One << dropped) - 1));
        var half = dropped == 0 ? BigInteger.One : BigInteger.One << (dropped - 1);
        if (rest > half || rest == half && !whole.IsEven)
            whole++;
        return sign * Math.ScaleB((double)(long)whole, dropped + LeastExponent);
    }
}
