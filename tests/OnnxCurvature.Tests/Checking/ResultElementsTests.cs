using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Runtime.Checking;
using Xunit;

namespace OnnxCurvature.Tests.Checking;

/// <summary>What the check reads of a whole result: its largest element and its root mean square.</summary>
public sealed class ResultElementsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(20_003)]
    public void The_largest_element_and_the_root_mean_square_are_those_of_a_plain_search(int length)
    {
        var random = new Random(5 + length);
        var numbers = Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
        AreMeasured(numbers);
        if (length == 0)
            return;
        foreach (var place in new[] { 0, length / 3, length - 1 })
        {
            var (peaked, twice) = (numbers.ToArray(), numbers.ToArray());
            peaked[place] = -3;
            AreMeasured(peaked);
            // Of equal sizes the first counts.
            (twice[place], twice[length - 1]) = (-3, 3);
            AreMeasured(twice);
        }
        AreMeasured(new float[length]);
    }

    [Fact]
    public void NaN_is_not_the_largest()
    {
        var numbers = Enumerable.Range(0, 9_000).Select(index => (float)Math.Sin(index)).ToArray();
        (numbers[100], numbers[5_000], numbers[5_001], numbers[8_999]) = (float.NaN, 7, float.NaN, 8);
        using var tensor = OrtValue.CreateTensorValueFromMemory(numbers, [numbers.Length]);
        var elements = new ResultElements(tensor);
        Assert.Equal(8_999, elements.Largest);
        Assert.True(double.IsNaN(elements.Typical));
    }

    private static void AreMeasured(float[] numbers)
    {
        using var tensor = OrtValue.CreateTensorValueFromMemory(numbers, [numbers.Length]);
        var elements = new ResultElements(tensor);
        var largest = numbers.Length == 0 ? 0 : numbers.Max(Math.Abs);
        Assert.Equal(Array.FindIndex(numbers, number => Math.Abs(number) == largest), elements.Largest);
        var mean = numbers.Length == 0 ? 0 : Math.Sqrt(numbers.Average(number => (double)number * number));
        Assert.Equal(mean, elements.Typical, 1e-12);
    }
}
