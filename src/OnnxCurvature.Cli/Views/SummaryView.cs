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

    /// <summary>The most weights whose details are shown without being asked for.</summary>
    private const int MostDetailed = 3;

    /// <summary>Shows a result; of many weights one line each, unless details are asked for.</summary>
    public static void Show(Terminal terminal, CurvatureResult result, PlanOverview plan, bool details)
    {
        var summary = ResultSummary.Of(result);
        terminal.Heading("Result");
        if (summary.Loss is { } loss)
            terminal.Line($"  loss {Figures.Value(loss)}");
        terminal.Line(
            "  "
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Figures.Samples(result.Samples)} in {Figures.Count(result.Batches)} "
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
        if (plan.Estimate is { } planned)
            terminal.Line(
                $"  planned: about {Figures.Duration(planned.Seconds)} and {Figures.Bytes(planned.PeakBytes)}; taken: "
                    + $"{Figures.Duration(result.Seconds.GetValueOrDefault("run"))} and {Figures.Bytes(result.PeakBytes)}"
            );
        if (result.Probes is { } probes)
            terminal.Line($"  The error that was asked for took {Figures.Count(probes)} probes.");
        CheckView.Show(terminal, result.Check);
        if (details || summary.Targets.Length <= MostDetailed)
            foreach (var target in summary.Targets)
                Show(terminal, target, plan.NodeOf(target.Name));
        else
            Lines(terminal, summary, plan);
        terminal.Line();
    }

    /// <summary>Shows a line for each target: the norm of each quantity, and more of the last.</summary>
    private static void Lines(Terminal terminal, ResultSummary summary, PlanOverview plan)
    {
        terminal.Line();
        foreach (var group in summary.Targets.GroupBy(target => string.Join(", ", target.Tensors.Select(Label))))
        {
            TensorSummary[] first = [.. group.First().Tensors];
            var last = Label(first[^1]);
            var nodes = NodeNames.ColumnFor(group.Select(target => (target.Name, plan.NodeOf(target.Name))));
            terminal.Heading($"{Figures.Count(group.Count())} targets, L2 norms, and sum, maximum and share below zero of {last}");
            var table = new TextTable([
                Column.Name("target"),
                .. nodes,
                Column.Name("shape", 4),
                .. first.Select((tensor, at) => Column.Number(Label(tensor), at == first.Length - 1 ? 0 : 3)),
                Column.Number("sum", 1),
                Column.Number("maximum", 2),
                Column.Number("negative", 5),
            ]);
            foreach (var target in group)
            {
                var tensor = target.Tensors[^1];
                table.Row([
                    target.Name,
                    .. NodeNames.Cells(nodes, plan.NodeOf(target.Name)),
                    Figures.Index(tensor.Shape),
                    .. target.Tensors.Select(each => Figures.Value(each.Norm)),
                    Figures.Value(tensor.Sum),
                    Figures.Value(tensor.Maximum),
                    Figures.Share(tensor.NegativeShare),
                ]);
            }
            terminal.Table(table);
            terminal.Line();
        }
        terminal.Line("--details shows the figures, the largest entries and the slices of each.");
    }

    private static void Show(Terminal terminal, TargetSummary target, string node)
    {
        terminal.Line();
        var ofNode = NodeNames.SaysMore(target.Name, node) ? $" of {NodeNames.Short(node)}" : "";
        terminal.Heading($"{target.Name}{ofNode}, shape {Figures.Index(target.Tensors[0].Shape)}");
        if (Range().IsMatch(target.Name))
            terminal.Line("  Indices count from the start of the range.");
        var table = new TextTable(
            Column.Name(""),
            Column.Number("L2 norm"),
            Column.Number("sum"),
            Column.Number("minimum", 2),
            Column.Number("maximum", 1),
            Column.Number("negative", 3)
        );
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
        var table = new TextTable(Column.Name("index"), Column.Number("value"));
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
        var table = new TextTable(Column.Number("slice"), Column.Number("sum of |entries|"), Column.Number("share"), Column.Name("", 1));
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
