using System.Globalization;
using System.Text.RegularExpressions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Report;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli.Views;

/// <summary>Shows what a run computed.</summary>
internal static partial class SummaryView
{
    private const int BarWidth = 24;

    /// <summary>Shows a result.</summary>
    public static void Show(Terminal terminal, CurvatureResult result, PlanOverview? plan)
    {
        var summary = ResultSummary.Of(result);
        terminal.Heading("Result");
        if (summary.Loss is { } loss)
            terminal.Line($"  loss {Figures.Value(loss)}");
        terminal.Line(
            "  "
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Figures.Count(result.Samples)} {(result.Samples == 1 ? "sample" : "samples")} in {Figures.Count(result.Batches)} "
                        + $"{(result.Batches == 1 ? "batch" : "batches")}, "
                )
                + string.Join(
                    ", ",
                    result
                        .Seconds.OrderBy(phase => Order(phase.Key))
                        .ThenBy(phase => phase.Key, StringComparer.Ordinal)
                        .Select(phase => $"{phase.Key} {Figures.Duration(phase.Value)}")
                )
                + $", peak memory {Figures.Bytes(result.PeakBytes)}"
        );
        if (result.SecondsOfABatch is { } each)
            terminal.Line(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  a batch after the first took "
                        + $"{(each < 1 ? FormattableString.Invariant($"{1000 * each:0.#} ms") : Figures.Duration(each))}, the "
                        + $"median of them"
                )
            );
        if (plan?.Estimate is { } planned)
            terminal.Line(
                $"  planned: about {Figures.Duration(planned.Seconds)} and {Figures.Bytes(planned.PeakBytes)}; taken: "
                    + $"{Figures.Duration(result.Seconds.GetValueOrDefault("run"))} and {Figures.Bytes(result.PeakBytes)}"
            );
        if (result.Probes is { } probes)
            terminal.Line($"  The error that was asked for took {Figures.Count(probes)} probes.");
        CheckView.Show(terminal, result.Check);
        foreach (var target in summary.Targets)
            Show(terminal, target);
        terminal.Line();
    }

    private static void Show(Terminal terminal, TargetSummary target)
    {
        terminal.Line();
        terminal.Heading($"{target.Name}, shape {Figures.Index(target.Tensors[0].Shape)}");
        if (Range().IsMatch(target.Name))
            terminal.Line("  Indices count from the start of the range.");
        var table = Tables.Of("", ">L2 norm", ">sum", ">minimum", ">maximum", ">negative");
        foreach (var tensor in target.Tensors)
            table.Row(
                Label(tensor),
                Figures.Value(tensor.Norm),
                Figures.Value(tensor.Sum),
                Figures.Value(tensor.Minimum),
                Figures.Value(tensor.Maximum),
                Figures.Share(tensor.NegativeShare)
            );
        terminal.Table(table);
        if (target.Tensors[0].Shape.Length > 0)
            foreach (var tensor in target.Tensors)
                Largest(terminal, tensor);
        foreach (var tensor in target.Tensors.Where(tensor => tensor.Quantity is not Quantity.Gradient))
            Slices(terminal, tensor);
    }

    private static void Largest(Terminal terminal, TensorSummary tensor)
    {
        terminal.Line();
        terminal.Line($"  {Label(tensor)}, entries of largest size");
        var table = Tables.Of("index", ">value");
        foreach (var entry in tensor.Largest)
            table.Row(Figures.Index(entry.Index), Figures.Value(entry.Value));
        terminal.Table(table);
    }

    private static void Slices(Terminal terminal, TensorSummary tensor)
    {
        if (tensor.Slices.Length < 2)
            return;
        terminal.Line();
        terminal.Line(
            $"  {Label(tensor)}, slices of the first axis (feature maps) with the most curvature, of {Figures.Count(tensor.Shape[0])}"
        );
        var table = Tables.Of(">slice", ">sum of |entries|", ">share", "");
        foreach (var slice in tensor.Slices)
            table.Row(
                slice.Index.ToString(CultureInfo.InvariantCulture),
                Figures.Value(slice.Sum),
                Figures.Share(slice.Share),
                Figures.Bar(slice.Sum, tensor.Slices[0].Sum, BarWidth)
            );
        terminal.Table(table);
    }

    private static string Label(TensorSummary tensor) => tensor.IsNegated ? $"{tensor.Quantity.Name()}, negated" : tensor.Quantity.Name();

    [GeneratedRegex(@"\[-?\d*:-?\d*\]$")]
    private static partial Regex Range();

    private static int Order(string phase) =>
        Array.IndexOf(["load", "plan", "compile", "run", "check"], phase) is var at && at < 0 ? int.MaxValue : at;
}
