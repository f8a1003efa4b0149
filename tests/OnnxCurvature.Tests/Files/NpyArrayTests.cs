using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using Xunit;

namespace OnnxCurvature.Tests.Files;

public sealed class NpyArrayTests
{
    [Theory]
    [InlineData(ElementType.Float16), InlineData(ElementType.Float32), InlineData(ElementType.Float64)]
    [InlineData(ElementType.Int8), InlineData(ElementType.Int16), InlineData(ElementType.Int32), InlineData(ElementType.Int64)]
    [InlineData(ElementType.UInt8), InlineData(ElementType.UInt16), InlineData(ElementType.UInt32), InlineData(ElementType.UInt64)]
    public void Small_integers_survive_every_type(ElementType element)
    {
        var array = NpyArray.Of(element, [3], [0, 1, 100]);
        Assert.Equal(3 * element.Size(), array.Data.Length);
        Assert.Equal(3, array.Count);
        Assert.Equal([0.0, 1, 100], array.ToDoubles());
        Assert.Equal([0L, 1, 100], array.ToInt64s());
    }

    [Fact]
    public void Doubles_are_rounded_to_floats_and_clamped_to_integers()
    {
        Assert.Equal([(float)0.1, double.PositiveInfinity], NpyArray.Of(ElementType.Float32, [2], [0.1, 1e300]).ToDoubles());
        Assert.Equal([127L, -128, 2, 0], NpyArray.Of(ElementType.Int8, [4], [1000, -1000, 2.9, double.NaN]).ToInt64s());
        Assert.Equal([1L, 0, 1], NpyArray.Of(ElementType.Bool, [3], [-0.5, 0, 7]).ToInt64s());
    }

    [Theory, InlineData(0.5), InlineData(double.NaN), InlineData(double.PositiveInfinity), InlineData(1e19)]
    public void A_fraction_is_not_taken_as_an_integer(double value) =>
        Assert.Throws<UserErrorException>(() => NpyArray.Of(ElementType.Float64, [1], [value]).ToInt64s());

    [Fact]
    public void Large_integers_are_exact()
    {
        var bytes = BitConverter.GetBytes(long.MaxValue - 1);
        Assert.Equal([long.MaxValue - 1], new NpyArray(ElementType.Int64, [1], bytes).ToInt64s());
        Assert.Equal([long.MaxValue - 1], new NpyArray(ElementType.UInt64, [1], bytes).ToInt64s());
        Assert.Throws<UserErrorException>(() => new NpyArray(ElementType.UInt64, [1], BitConverter.GetBytes(ulong.MaxValue)).ToInt64s());
    }

    [Fact]
    public void A_slice_takes_positions_of_one_axis()
    {
        var array = NpyArray.Of(ElementType.Float32, [3, 2], [1, 2, 3, 4, 5, 6]);
        Assert.Equal([3.0, 4, 5, 6], array.Slice(0, 1, 3).ToDoubles());
        Assert.Equal([2L, 2L], array.Slice(0, 1, 3).Shape);
        Assert.Equal([0L, 2L], array.Slice(0, 3, 3).Shape);
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(0, 2, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(0, -1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(0, 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => array.Slice(2, 0, 1));
        Assert.Equal([2.0, 4, 6], array.Slice(1, 1, 2).ToDoubles());
        Assert.Equal([3L, 1L], array.Slice(1, 1, 2).Shape);
        var cube = NpyArray.Of(ElementType.Int16, [2, 3, 2], [.. Enumerable.Range(0, 12).Select(index => (double)index)]);
        Assert.Equal([2.0, 3, 4, 5, 8, 9, 10, 11], cube.Slice(1, 1, 3).ToDoubles());
    }

    [Fact]
    public void Elements_must_fill_the_shape() =>
        Assert.Throws<ArgumentException>(() => NpyArray.Of(ElementType.Float32, [2, 2], [1, 2, 3]));
}
