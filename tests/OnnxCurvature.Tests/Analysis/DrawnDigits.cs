using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Analysis;

/// <summary>Pictures of lines of digits, in dots of five by seven, dark on light with some noise.</summary>
internal static class DrawnDigits
{
    private static readonly string[] Shapes =
    [
        "01110 10001 10011 10101 11001 10001 01110",
        "00100 01100 00100 00100 00100 00100 01110",
        "01110 10001 00001 00010 00100 01000 11111",
        "11111 00010 00100 00010 00001 10001 01110",
        "00010 00110 01010 10010 11111 00010 00010",
        "11111 10000 11110 00001 00001 10001 01110",
        "00110 01000 10000 11110 10001 10001 01110",
        "11111 00001 00010 00100 01000 01000 01000",
        "01110 10001 10001 01110 10001 10001 01110",
        "01110 10001 10001 01111 00001 00010 01100",
    ];

    /// <summary>
    /// Pictures [N, 3, height, width], with values around -1 for ink and 1 for paper. Every second one stands upside down.
    /// </summary>
    internal static NpyArray Pictures(int count, int height, int width, int seed)
    {
        var random = new Random(seed);
        var x = new double[count * 3 * height * width];
        for (var picture = 0; picture < count; picture++)
        {
            var digits = Enumerable.Range(0, width / 30).Select(_ => random.Next(10)).ToArray();
            for (var row = 0; row < height; row++)
            for (var column = 0; column < width; column++)
            {
                var (y, z) = picture % 2 == 0 ? (row, column) : (height - 1 - row, width - 1 - column);
                var value = (IsInk(digits, y - 6, z - 4) ? -0.9 : 0.9) + 0.1 * (random.NextDouble() - 0.5);
                for (var channel = 0; channel < 3; channel++)
                    x[((picture * 3 + channel) * height + row) * width + column] = value;
            }
        }
        return NpyArray.Of(ElementType.Float32, [count, 3, height, width], x);
    }

    private static bool IsInk(int[] digits, int row, int column)
    {
        const int Dot = 5;
        var (digit, within) = Math.DivRem(Math.Max(column, 0), 6 * Dot);
        return row is >= 0 and < 7 * Dot
            && column >= 0
            && digit < digits.Length
            && within < 5 * Dot
            && Shapes[digits[digit]].Split(' ')[row / Dot][within / Dot] == '1';
    }
}

/// <summary>The labels that a classifier gives itself.</summary>
internal static class OwnLabels
{
    /// <summary>The class of the largest output along the last axis, for every sample and position.</summary>
    internal static NpyArray Of(string model, string input, NpyArray x)
    {
        using var session = new InferenceSession(model);
        var floats = x.ToDoubles().Select(value => (float)value).ToArray();
        using var value = OrtValue.CreateTensorValueFromMemory(floats, x.Shape);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        using var results = session.Run(run, [input], [value], session.OutputNames);
        var shape = results[0].GetTensorTypeAndShape().Shape;
        var probabilities = results[0].GetTensorDataAsSpan<float>();
        var labels = new double[probabilities.Length / (int)shape[^1]];
        for (var row = 0; row < labels.Length; row++)
        {
            var classes = probabilities.Slice(row * (int)shape[^1], (int)shape[^1]);
            for (var c = 1; c < classes.Length; c++)
                if (classes[c] > classes[(int)labels[row]])
                    labels[row] = c;
        }
        return NpyArray.Of(ElementType.Int64, [.. shape[..^1]], labels);
    }
}
