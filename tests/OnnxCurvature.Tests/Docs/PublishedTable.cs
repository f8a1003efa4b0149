using System.Globalization;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>Figures in tables of pages, which tests compute again.</summary>
internal static class PublishedTable
{
    /// <summary>Asserts that a page has a row of some cells and figures, each to a tolerance: other processors round otherwise.</summary>
    /// <param name="page">The page, of <c>src/docs</c>.</param>
    /// <param name="cells">The first cells of the row, of which the first may be its beginning alone.</param>
    /// <param name="figures">The other cells.</param>
    /// <param name="tolerance">The largest difference.</param>
    public static void Holds(string page, string[] cells, double[] figures, double tolerance)
    {
        var above = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "src", "docs", page)))
        {
            string[] row = [.. line.Split('|').Skip(1).SkipLast(1).Select(cell => cell.Trim())];
            if (row.Length != cells.Length + figures.Length)
                continue;
            // A cell that is empty means the one above.
            above = row[0] = row[0].Length == 0 ? above : row[0];
            if (!row[0].StartsWith(cells[0], StringComparison.Ordinal) || !row.Skip(1).Take(cells.Length - 1).SequenceEqual(cells.Skip(1)))
                continue;
            Assert.All(
                row.Skip(cells.Length).Zip(figures),
                cell => Assert.Equal(double.Parse(cell.First, CultureInfo.InvariantCulture), cell.Second, tolerance),
                throwIfEmpty: true
            );
            return;
        }
        Assert.Fail($"{page} has no row of {string.Join(", ", cells)}.");
    }
}
