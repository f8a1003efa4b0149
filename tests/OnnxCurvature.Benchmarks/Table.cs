using System.Globalization;
using System.Text;

namespace OnnxCurvature.Benchmarks;

/// <summary>Measures cases, contenders in turns, and writes what came out.</summary>
/// <param name="workspace">Models and processes.</param>
/// <param name="small">Whether models are small.</param>
/// <param name="rounds">How often each contender is measured.</param>
/// <param name="only">The beginnings of the names of the cases; none for all.</param>
/// <param name="log">Receives a line for each measurement.</param>
internal sealed class Table(Workspace workspace, bool small, int rounds, IReadOnlyCollection<string> only, TextWriter log)
{
    /// <summary>How far norms of the same result in float32 may be apart.</summary>
    private const double Agreement = 1e-3;

    /// <summary>
    /// Measures and writes the file, anew after each case. Throws <see cref="InvalidOperationException"/> where contenders compute
    /// different things.
    /// </summary>
    public void Write(string path)
    {
        var (before, rows) = (Machine.Load(), new StringBuilder());
        foreach (
            var entry in new Cases(workspace, small)
                .All()
                .Where(entry => only.Count == 0 || only.Any(name => entry.Name.StartsWith(name, StringComparison.Ordinal)))
        )
        {
            Measure(entry, rows);
            // Measurements are kept, whatever comes after.
            File.WriteAllText(path, Text(before, rows) + OnACard(path));
        }
    }

    private string Text(double before, StringBuilder rows)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"# Benchmarks\n\nMeasured on {DateTime.UtcNow:yyyy-MM-dd} by `dotnet run -c Release --project "
                + $"tests/OnnxCurvature.Benchmarks -- table{(small ? " --small" : "")}`, contenders in turns, {rounds} rounds."
        );
        text.Append(small ? " The models are small ones: these figures show that all works, and no more.\n\n" : "\n\n");
        foreach (var fact in Machine.Describe(workspace))
            text.Append(CultureInfo.InvariantCulture, $"- {fact}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"- Load before: {before:0.00}, after: {Machine.Load():0.00}; what is measured makes it rise to the number of cores\n\n"
        );
        text.Append(
            "Times are medians, with the shortest and the longest. GFLOP/s are operations that the plan counts, or the peer's script, "
                + "per second, so less work may give less of them.\n"
        );
        text.Append(
            "The ratio is the time over that of the first contender of the case. The check is the share of the median time that is "
        );
        text.Append("saved without the check of the run; a share within the noise may be negative.\n");
        text.Append("Cores are the processor time over the time. Products are the share of convolutions and matrix products in the ");
        text.Append("time of all kernels, in ONNX Runtime's profile of a run of its own.\n\n");
        text.Append("| case | who | seconds | from – to | ratio | check | GFLOP/s | peak memory | further |\n");
        text.Append("|---|---|---|---|---|---|---|---|---|\n").Append(rows);
        return text.ToString();
    }

    /// <summary>The figures that <c>tests/gpu/check.sh</c> has measured on a machine with a card, where they are there.</summary>
    private static string OnACard(string path)
    {
        var kept = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "..", "gpu", "RESULTS.md");
        return File.Exists(kept) ? $"\n#{File.ReadAllText(kept)}" : "";
    }

    private void Measure(BenchmarkCase entry, StringBuilder rows)
    {
        var measured = entry.Contenders.Select(_ => new List<Measurement>()).ToArray();
        for (var round = 0; round < rounds; round++)
        for (var index = 0; index < measured.Length; index++)
        {
            var measurement = entry.Contenders[index].Measure();
            measured[index].Add(measurement);
            log.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{entry.Name}, round {round + 1}, {entry.Contenders[index].Name}: {Seconds(Median(measurement.Seconds))} s, "
                        + $"{Megabytes(measurement.PeakBytes)}"
                )
            );
        }
        var norm = measured[0][0].Norm;
        for (var index = 0; index < measured.Length; index++)
            foreach (var measurement in measured[index])
                if (measurement.Norm != 0 && Math.Abs(measurement.Norm - norm) > Agreement * Math.Abs(norm))
                    throw new InvalidOperationException(
                        $"In the case '{entry.Name}' {entry.Contenders[index].Name} gives a result of norm {measurement.Norm:R}, and "
                            + $"{entry.Contenders[0].Name} one of {norm:R}."
                    );
        var first = MedianOf(measured[0]);
        for (var index = 0; index < measured.Length; index++)
        {
            var seconds = measured[index].SelectMany(measurement => measurement.Seconds).ToArray();
            var (median, flops, last) = (Median(seconds), measured[index][0].Flops, measured[index][^1]);
            string[] further =
            [
                .. last.ManagedBytes > 0
                    ? [$"managed {Megabytes(measured[index].Max(measurement => measurement.ManagedBytes))}"]
                    : Array.Empty<string>(),
                .. last.Further is { } text ? [text] : Array.Empty<string>(),
                .. last.FileBytes > 0 ? [$"file {Megabytes(last.FileBytes)}"] : Array.Empty<string>(),
            ];
            rows.Append(
                CultureInfo.InvariantCulture,
                $"| {(index == 0 ? entry.Title : "")} | {entry.Contenders[index].Name} | {Seconds(median)} | {Seconds(seconds.Min())} – "
                    + $"{Seconds(seconds.Max())} | "
                    + $"{(measured.Length == 1 ? "" : (median / first).ToString("0.00", CultureInfo.InvariantCulture))} | "
                    + $"{ShareOfCheck(entry, index, measured)} | "
                    + $"{(flops > 0 ? (flops / median / 1e9).ToString("0", CultureInfo.InvariantCulture) : "")} | "
                    + $"{Megabytes(measured[index].Max(measurement => measurement.PeakBytes))} | {string.Join(", ", further)} |\n"
            );
        }
    }

    /// <summary>Which share of a contender's time its check takes; empty where nothing is measured without it.</summary>
    private static string ShareOfCheck(BenchmarkCase entry, int index, List<Measurement>[] measured)
    {
        if (entry.Contenders[index].Unchecked is not { } name)
            return "";
        var other = entry.Contenders.IndexOf(entry.Contenders.Single(contender => contender.Name == name));
        var (all, without) = (MedianOf(measured[index]), MedianOf(measured[other]));
        return ((all - without) / all).ToString("P1", CultureInfo.InvariantCulture);
    }

    private static double MedianOf(List<Measurement> measured) => Median(measured.SelectMany(measurement => measurement.Seconds));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static string Seconds(double value) => value.ToString(value < 1 ? "0.0000" : "0.00", CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) =>
        bytes < 10 << 20
            ? (bytes / 1024.0).ToString("0 KiB", CultureInfo.InvariantCulture)
            : (bytes / (double)(1 << 20)).ToString("0 MiB", CultureInfo.InvariantCulture);
}
