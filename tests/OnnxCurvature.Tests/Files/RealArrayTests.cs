using OnnxCurvature.Files;
using Xunit;

namespace OnnxCurvature.Tests.Files;

/// <summary>Numbers of float32 are read as the float64 that they are.</summary>
public sealed class RealArrayTests
{
    private const int Length = 2 * RealArray.BlockLength + 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Blocks_hold_all_numbers_in_order(bool single)
    {
        var numbers = Numbers();
        var array = single ? new RealArray(numbers) : Array.ConvertAll(numbers, number => (double)number);
        var (read, buffer) = (new List<double>(), array.Buffer());
        for (var start = 0; start < array.Length; start += RealArray.BlockLength)
            read.AddRange(array.Block(start, array.Length, buffer));
        Assert.Equal(numbers.Select(number => (double)number), read);
        Assert.Equal(read, array.ToDoubles());
        Assert.Equal(numbers, array.ToSingles());
        Assert.Equal(numbers[Length - 1], array[Length - 1]);
        Assert.Equal((single ? 4L : 8) * Length, array.Bytes);
        Assert.Equal([numbers[7], numbers[8]], array.Block(7, 9, buffer).ToArray().Select(number => (float)number));
    }

    [Theory]
    [InlineData(float.MaxValue, true)]
    [InlineData(float.PositiveInfinity, false)]
    [InlineData(float.NaN, false)]
    public void One_entry_decides_whether_all_are_finite(float last, bool expected)
    {
        var numbers = Numbers();
        numbers[^1] = last;
        Assert.Equal(expected, new RealArray(numbers).AreFinite());
        Assert.Equal(expected, new RealArray(Array.ConvertAll(numbers, number => (double)number)).AreFinite());
    }

    [Fact]
    public void The_norm_is_that_of_all_entries()
    {
        // 3² + 4² = 5²
        var numbers = new float[Length];
        (numbers[1], numbers[^1]) = (3, -4);
        Assert.Equal(5, new RealArray(numbers).Norm());
    }

    private static float[] Numbers() => [.. Enumerable.Range(0, Length).Select(index => (index - 1000) / 7f)];
}
