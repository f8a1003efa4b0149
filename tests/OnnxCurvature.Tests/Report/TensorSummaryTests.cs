using CsCheck;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Results;
using Xunit;

namespace OnnxCurvature.Tests.Report;

/// <summary>The figures of a tensor's summary.</summary>
public sealed class TensorSummaryTests
{
    [Fact]
    public void The_figures_of_a_small_tensor_are_those_found_by_hand()
    {
        var summary = Of([2, 3], [3, -4, 0, 1, -2, 6]);
        Assert.Equal(Math.Sqrt(66), summary.Norm, 12);
        Assert.Equal(4, summary.Sum);
        Assert.Equal(-4, summary.Minimum);
        Assert.Equal(6, summary.Maximum);
        Assert.Equal(2 / 6.0, summary.NegativeShare, 15);
        Assert.Equal([6, -4, 3, -2, 1], summary.Largest.Select(entry => entry.Value));
        Assert.Equal(["1,2", "0,1", "0,0", "1,1", "1,0"], summary.Largest.Select(entry => string.Join(",", entry.Index)));
        Assert.Equal([new SliceSummary(1, 9, 9 / 16.0), new SliceSummary(0, 7, 7 / 16.0)], summary.Slices);
    }

    [Fact]
    public void Of_equal_entries_the_first_ones_are_listed() =>
        Assert.Equal([0, 1, 2, 3, 4], Of([8], [1, -1, 1, -1, 1, 1, 1, 1]).Largest.Select(entry => entry.Index[0]));

    [Fact]
    public void Zero_and_negative_zero_are_not_negative() => Assert.Equal(0, Of([3], [0, -0.0, 1]).NegativeShare);

    [Fact]
    public void Vectors_and_scalars_have_no_slices()
    {
        Assert.Empty(Of([3], [1, 2, 3]).Slices);
        Assert.Empty(Of([], [7]).Slices);
        Assert.Empty(Assert.Single(Of([], [7]).Largest).Index);
    }

    [Fact]
    public void Slices_of_nothing_but_zeros_have_no_share() =>
        Assert.All(Of([2, 2], [0, 0, 0, 0]).Slices, slice => Assert.Equal(0, slice.Share), throwIfEmpty: true);

    [Fact]
    public void A_tensor_without_entries_is_summarized()
    {
        var summary = Of([0, 3], []);
        Assert.Equal(0, summary.Norm);
        Assert.Empty(summary.Largest);
        Assert.Empty(summary.Slices);
    }

    [Fact]
    public void Only_the_ten_slices_with_the_most_curvature_are_listed_and_shares_are_of_all()
    {
        var summary = Of([12, 2], [.. Enumerable.Range(1, 12).SelectMany(slice => new double[] { slice, -slice })]);
        Assert.Equal([11, 10, 9, 8, 7, 6, 5, 4, 3, 2], summary.Slices.Select(slice => slice.Index));
        Assert.Equal(24, summary.Slices[0].Sum);
        Assert.Equal(24 / 156.0, summary.Slices[0].Share, 15);
    }

    [Fact]
    public void The_figures_of_any_tensor_are_those_of_the_definitions() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 5], Gen.Int[1, 4])
            .SelectMany((a, b, c) => Gen.Int[-9, 9].Array[a * b * c].Select(values => (a, b, c, values)))
            .Sample(
                sample =>
                {
                    var a = sample.a;
                    var b = sample.b;
                    var c = sample.c;
                    var values = Array.ConvertAll(sample.values, value => value / 4.0);
                    var summary = Of([a, b, c], values);
                    Assert.Equal(Math.Sqrt(values.Sum(value => value * value)), summary.Norm, 1e-12);
                    Assert.Equal(values.Min(), summary.Minimum);
                    Assert.Equal(values.Max(), summary.Maximum);
                    Assert.Equal(values.Sum(), summary.Sum, 1e-12);
                    var largest = values
                        .Select((value, position) => (value, position))
                        .OrderByDescending(entry => Math.Abs(entry.value))
                        .ThenBy(entry => entry.position)
                        .Take(5);
                    Assert.Equal(largest.Select(entry => entry.value), summary.Largest.Select(entry => entry.Value));
                    Assert.Equal(
                        largest.Select(entry => (long)entry.position),
                        summary.Largest.Select(entry => (entry.Index[0] * b + entry.Index[1]) * c + entry.Index[2])
                    );
                    var slices = values
                        .Chunk(b * c)
                        .Select((slice, index) => (Sum: slice.Sum(Math.Abs), Index: (long)index))
                        .OrderByDescending(slice => slice.Sum)
                        .ThenBy(slice => slice.Index)
                        .ToArray();
                    Assert.Equal(slices.Select(slice => slice.Index), summary.Slices.Select(slice => slice.Index));
                    Assert.Equal(slices.Select(slice => slice.Sum), summary.Slices.Select(slice => slice.Sum));
                },
                seed: "dKyg2c4pHlA2"
            );

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_figures_of_a_long_tensor_are_those_of_all_of_it(bool single)
    {
        var numbers = Enumerable.Range(0, 150_000).Select(index => (index * 7919L % 10_007 - 5000) / 8f).ToArray();
        var values = Array.ConvertAll(numbers, number => (double)number);
        var summary = Of([3, 50_000], single ? new RealArray(numbers) : (RealArray)values);
        Assert.Equal(1, summary.Norm / Math.Sqrt(values.Sum(value => value * value)), 1e-12);
        Assert.Equal(values.Sum(), summary.Sum);
        Assert.Equal((values.Min(), values.Max()), (summary.Minimum, summary.Maximum));
        Assert.Equal(values.Count(value => value < 0) / 150_000.0, summary.NegativeShare);
        var largest = values.Select((value, at) => (value, at)).OrderByDescending(one => Math.Abs(one.value)).ThenBy(one => one.at);
        Assert.Equal(largest.Take(5).Select(one => (long)one.at), summary.Largest.Select(one => one.Index[0] * 50_000 + one.Index[1]));
        Assert.Equal(
            values.Chunk(50_000).Select(slice => slice.Sum(Math.Abs)).OrderDescending(),
            summary.Slices.Select(slice => slice.Sum)
        );
    }

    private static TensorSummary Of(long[] shape, double[] values) => Of(shape, (RealArray)values);

    private static TensorSummary Of(long[] shape, RealArray values) =>
        TensorSummary.Of(new ResultTensor("w.hessian_diagonal", ElementType.Float32, [.. shape], values), Quantity.HessianDiagonal);
}
