using System.Globalization;
using OnnxCurvature.Analysis.Statistics;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>The drawings of a report.</summary>
internal static class Charts
{
    /// <summary>The most cells of a heat map along each axis; more channels are averaged.</summary>
    private const int MostCells = 48;

    private const int MostMaps = 6;
    private const int MostWindows = 8;

    /// <summary>The distribution of a diagonal: bars upward for positive entries, and downward for negative ones.</summary>
    public static string Distribution(HistogramEntry histogram, string name)
    {
        const double width = 360;
        const double half = 70;
        var (bins, most) = (histogram.Positive.Length, histogram.Positive.Concat(histogram.Negative).DefaultIfEmpty(1).Max());
        var isSigned = histogram.Negative.Any(count => count > 0);
        var height = isSigned ? 2 * half + 30 : half + 30;
        var svg = new Svg(width, height, $"Distribution of the diagonal of {name}");
        var bar = (width - 20) / Math.Max(bins, 1);
        for (var bin = 0; bin < bins; bin++)
        {
            var (above, below) = (Length(histogram.Positive[bin]), Length(histogram.Negative[bin]));
            if (above > 0)
                svg.Rectangle(10 + bin * bar, 8 + half - above, bar - 1, above, "above");
            if (below > 0)
                svg.Rectangle(10 + bin * bar, 8 + half, bar - 1, below, "below");
        }
        svg.Line(10, 8 + half, width - 10, 8 + half);
        var step = bins > 8 * histogram.BinsInADecade ? 2 : 1;
        for (var decade = 0; decade * histogram.BinsInADecade <= bins; decade += step)
            svg.Text(
                10 + decade * histogram.BinsInADecade * bar,
                height - 6,
                string.Create(CultureInfo.InvariantCulture, $"1e{histogram.Start + decade}"),
                decade == 0 ? "start" : "middle"
            );
        return svg.ToString();

        double Length(int count) => count == 0 ? 0 : Math.Max(1.5, half * count / most);
    }

    /// <summary>The magnitudes of a diagonal by output channel (rows) and input channel.</summary>
    public static string HeatMap(KernelMap map, string name)
    {
        var (rows, columns) = (Math.Min(map.Outputs, MostCells), Math.Min(map.Inputs, MostCells));
        var (cells, counts) = (new double[rows * columns], new int[rows * columns]);
        var sums = map.ByChannels();
        for (var position = 0; position < sums.Length; position++)
        {
            var (output, input) = Math.DivRem(position, map.Inputs);
            var cell = (long)output * rows / map.Outputs * columns + (long)input * columns / map.Inputs;
            cells[cell] += sums[position];
            counts[cell]++;
        }
        for (var cell = 0; cell < cells.Length; cell++)
            cells[cell] /= counts[cell];
        var size = Math.Clamp(240.0 / Math.Max(rows, columns), 4, 24);
        var svg = new Svg(Math.Max(columns * size + 20, 190), rows * size + 34, $"Curvature of {name} by output and input channel");
        svg.Text(18, 12, $"input channels 0 to {map.Inputs - 1} →");
        svg.Text(2, 28, "↓");
        svg.Grid(18, 18, size, columns, Shades.Of(cells, cells.Max()));
        svg.Text(18, rows * size + 31, $"output channels 0 to {map.Outputs - 1} downward");
        return svg.ToString();
    }

    /// <summary>The windows of the output channels with the most curvature, each with its strongest input channels.</summary>
    public static string Windows(KernelMap map, string name)
    {
        // Of a window of more than two axes the last is laid out in rows, and those before it one below the other.
        var wide = map.Window[^1];
        var high = map.WindowSize / wide;
        var channels = map.Strongest().Take(MostMaps).Select(entry => entry.Channel).ToArray();
        var shown = Math.Min(map.Inputs, MostWindows);
        var cell = Math.Clamp(36.0 / Math.Max(high, wide), 3, 14);
        var (tileWidth, tileHeight) = (wide * cell + 6, high * cell + 16);
        var svg = new Svg(
            44 + shown * Math.Max(tileWidth, 26),
            channels.Length * tileHeight + 4,
            $"Windows of the feature maps of {name} with the most curvature"
        );
        var largest = channels.Max(channel => map.Channel(channel).ToArray().Max(Math.Abs));
        for (var row = 0; row < channels.Length; row++)
        {
            var entries = map.Channel(channels[row]).ToArray();
            svg.Text(0, row * tileHeight + 22, channels[row].ToString(CultureInfo.InvariantCulture));
            var strongest = Enumerable
                .Range(0, map.Inputs)
                .OrderByDescending(input => entries.AsSpan(input * map.WindowSize, map.WindowSize).ToArray().Sum(Math.Abs))
                .ThenBy(input => input)
                .Take(shown);
            foreach (var (column, input) in strongest.Index())
            {
                var (x, y) = (40 + column * Math.Max(tileWidth, 26), row * tileHeight + 12);
                svg.Text(x, y - 2, input.ToString(CultureInfo.InvariantCulture));
                var window = entries.AsSpan(input * map.WindowSize, map.WindowSize);
                svg.Grid(x, y, cell, wide, Shades.Of(window, largest));
            }
        }
        return svg.ToString();
    }
}
