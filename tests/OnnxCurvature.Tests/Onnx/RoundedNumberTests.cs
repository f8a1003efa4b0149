using OnnxCurvature.Onnx;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>What numbers of a formula are taken for.</summary>
public sealed class RoundedNumberTests
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(-0.2)]
    [InlineData(0.044715)]
    [InlineData(1e-5)]
    [InlineData(1e-12)]
    [InlineData(1.4142135623730951)]
    [InlineData(0.70710678118654757)]
    [InlineData(-2.8284271247461903)]
    [InlineData(0.3333333333333333)]
    [InlineData(0.79788456080286541)]
    [InlineData(3.1415926535897931)]
    public void A_plain_number_is_known_by_its_rounding(double number) => Assert.Equal(number, RoundedNumber.Meant((float)number), 2e-16 * Math.Abs(number));

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(-0.5f)]
    [InlineData(65504f)]
    [InlineData(1.0507009f)]
    [InlineData(0.123456f)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.MaxValue)]
    public void Any_other_number_is_itself(float number) => Assert.Equal(number, RoundedNumber.Meant(number));

    [Fact]
    public void What_is_not_a_number_stays_so() => Assert.True(double.IsNaN(RoundedNumber.Meant(float.NaN)));
}
