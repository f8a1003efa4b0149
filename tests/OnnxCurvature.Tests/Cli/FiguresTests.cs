using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Views;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>How numbers are written and read.</summary>
public sealed class FiguresTests
{
    [Theory]
    [InlineData("1", 1L)]
    [InlineData("123B", 123L)]
    [InlineData("512M", 512L << 20)]
    [InlineData("2g", 2L << 30)]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("1.5K", 1536L)]
    [InlineData("2GB", 2_000_000_000L)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1G")]
    [InlineData("1 G")]
    [InlineData("G")]
    [InlineData("1Gi")]
    [InlineData("1e3")]
    [InlineData("1,5G")]
    [InlineData("99999999999T")]
    [InlineData("١G")]
    public void A_text_that_is_no_size_is_refused(string text) => Assert.Null(ByteSize.Parse(text));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(1024 * 1024 - 1, "1.0 MiB")]
    [InlineData(1.5 * (1 << 30), "1.5 GiB")]
    public void Bytes_are_shown_in_the_unit_that_suits(double bytes, string text) => Assert.Equal(text, Figures.Bytes(bytes));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "< 0.0001")]
    [InlineData(123_456, "0.0001")]
    [InlineData(1_234_567, "0.0012")]
    [InlineData(12_345_678, "0.0123")]
    [InlineData(1_234_567_890, "1.23")]
    [InlineData(99_940_000_000, "99.9")]
    [InlineData(99_960_000_000, "100")]
    [InlineData(3.2e12, "3,200")]
    public void Work_is_shown_in_GFLOP(double flops, string text) => Assert.Equal(text, Figures.GigaFlops(flops));

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(1e-9, "< 0.01 %")]
    [InlineData(0.125, "12.5 %")]
    [InlineData(1 - 1e-9, "> 99.99 %")]
    [InlineData(1, "100 %")]
    [InlineData(40, "4000 %")]
    public void A_share_is_0_or_100_percent_only_where_it_is_just_that(double share, string text) =>
        Assert.Equal(text, Figures.Share(share));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.0031, "< 0.01 s")]
    [InlineData(0.254, "0.25 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(59.99, "1 min 00 s")]
    [InlineData(245, "4 min 05 s")]
    [InlineData(7380, "2 h 03 min")]
    public void Times_are_shown_to_three_digits(double seconds, string text) => Assert.Equal(text, Figures.Duration(seconds));

    [Theory]
    [InlineData(0, 1, "")]
    [InlineData(1, 1, "████")]
    [InlineData(0.5, 1, "██")]
    [InlineData(0.28125, 1, "█▏")]
    [InlineData(1e-9, 1, "▏")]
    public void Bars_are_as_long_as_their_share(double part, double whole, string bar) => Assert.Equal(bar, Figures.Bar(part, whole, 4));
}
