using System.Globalization;
using System.Text;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;

namespace OnnxCurvature.Analysis.Reports;

/// <summary>A report as one page that needs no other file, no network and no script.</summary>
internal sealed class HtmlReport(ReportDocument report, NetworkCurvature curvature)
{
    /// <summary>Layers whose drawings are shown at once; those of others are there when one asks for them.</summary>
    private const int OpenLayers = 3;

    private readonly StringBuilder _page = new();

    /// <summary>The page.</summary>
    public string Page()
    {
        var name = report.Model[0].Name;
        _page.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        _page.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        _page.Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        Add($"<title>Curvature of {Html.Text(name)}</title>\n<style>\n{Style()}</style>\n</head>\n<body>\n");
        Add($"<h1>Curvature of {Html.Text(name)}</h1>\n");
        Head();
        Table();
        var strongest = report
            .Layers.OrderByDescending(layer => layer.Trace)
            .Take(OpenLayers)
            .Select(layer => layer.Weight)
            .ToHashSet(StringComparer.Ordinal);
        _page.Append("<h2>Weight by weight</h2>\n");
        foreach (var (entry, layer) in report.Layers.Zip(curvature.Layers))
            Layer(entry, layer, strongest.Contains(entry.Weight));
        Plan();
        Origins();
        _page.Append("</body>\n</html>\n");
        return _page.ToString();
    }

    private void Head()
    {
        var exact = report.Layers.Count(layer => layer.Exact);
        var entries = report.Layers.Sum(layer => layer.Entries);
        var of = report.Options.Diagonal == "ggn-diagonal" ? "Gauss–Newton matrix" : "Hessian";
        Add($"<p>The diagonal of the {of} of the loss <code>{Html.Text(report.Options.Loss)}</code> by every weight, ");
        Add($"over {Html.Count(report.Samples)} {(report.Samples == 1 ? "sample" : "samples")}.</p>\n<div class=\"cards\">\n");
        Card(Html.Number(report.Loss), "loss");
        Card(Html.Count(report.Layers.Length), $"weights, {Html.Count(entries)} entries");
        Card(Html.Count(exact), "of these exact");
        Card(Html.Count(report.Layers.Length - exact), "estimated, with errors");
        Card(Html.Number(report.Layers.Sum(layer => layer.Trace)), exact == report.Layers.Length ? "trace" : "trace, estimated in part");
        _page.Append("</div>\n");
        void Card(string figure, string what) => Add($"<div class=\"card\"><b>{figure}</b><span>{Html.Text(what)}</span></div>\n");
    }

    private void Table()
    {
        _page.Append("<h2>All weights</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>node</th><th class=\"wide\">weight</th>");
        _page.Append("<th></th><th class=\"n\">trace</th><th></th>");
        foreach (var (name, _) in Figures(report.Layers[0]))
            Add($"<th class=\"n wide\">{name}</th>");
        _page.Append("</tr></thead>\n<tbody>\n");
        var most = report.Layers.Max(layer => Math.Abs(layer.Trace));
        foreach (var layer in report.Layers)
        {
            var error = layer.Exact ? "" : $" ± {Html.Number(layer.TraceErrorBound)}";
            var wide = most == 0 ? 0 : 60 * Math.Abs(layer.Trace) / most;
            Add($"<tr><td class=\"node\">{Html.Path(layer.Node)}<br><span class=\"soft\">{Html.Text(layer.Operator)}");
            Add($"<span class=\"phone\">, {Html.Path(layer.Weight)}</span></span></td>");
            Add($"<td class=\"wide node\">{Html.Path(layer.Weight)}<br><span class=\"soft\">{Html.Shape(layer.Shape)}</span></td>");
            Add($"<td>{Tag(layer)}</td>");
            Add($"<td class=\"n\">{Html.Number(layer.Trace)}{error}</td>");
            Add($"<td><span class=\"bar\" style=\"width:{wide.ToString("0.#", CultureInfo.InvariantCulture)}px\"></span></td>");
            foreach (var (_, figure) in Figures(layer))
                Add($"<td class=\"n wide\">{figure}</td>");
            _page.Append("</tr>\n");
        }
        _page.Append("</tbody></table></div>\n");
    }

    private void Layer(LayerEntry entry, LayerCurvature layer, bool isNonzero)
    {
        Add($"<details{(isNonzero ? " open" : "")}><summary>{Html.Text(entry.Node)} {Tag(entry)} ");
        Add($"<small>{Html.Text(entry.Operator)}, {Html.Text(entry.Weight)}, {Html.Shape(entry.Shape)}</small></summary>\n");
        Add($"<p class=\"soft\">{Html.Text(entry.Method)}: {Html.Text(entry.Reason)}</p>\n<dl class=\"narrow\">\n");
        foreach (var (name, figure) in Figures(entry))
            Add($"<dt>{name}</dt><dd>{figure}</dd>\n");
        _page.Append("</dl>\n<div class=\"figures\">\n");
        var zeros = entry.Histogram.Zeros == 0 ? "" : $", and {Html.Count(entry.Histogram.Zeros)} zeros";
        var smaller = entry.Histogram.Smaller == 0 ? "" : $", and {Html.Count(entry.Histogram.Smaller)} smaller ones";
        Figure($"Entries by magnitude, negative ones downward{zeros}{smaller}", Charts.Distribution(entry.Histogram, entry.Weight));
        if (KernelMap.Of(layer) is { } map)
        {
            Figure("Output by input channel, sums of magnitudes on a logarithmic scale", Charts.HeatMap(map, entry.Weight));
            if (map.WindowSize > 1)
                Figure(
                    "Windows of the feature maps with the most curvature: number of the feature map, and input channels above",
                    Charts.Windows(map, entry.Weight)
                );
            FeatureMaps(entry);
        }
        _page.Append("</div>\n</details>\n");
    }

    private void FeatureMaps(LayerEntry entry)
    {
        _page.Append("<figure><figcaption>Feature maps with the most curvature</figcaption><table><tbody>\n");
        foreach (var map in entry.FeatureMaps)
        {
            var wide = entry.FeatureMaps[0].Sum == 0 ? 0 : 160 * map.Sum / entry.FeatureMaps[0].Sum;
            Add($"<tr><td class=\"n\">{map.Channel}</td><td class=\"n\">{Html.Number(map.Sum)}</td>");
            Add($"<td class=\"n\">{Html.Share(map.Share)}</td><td><span class=\"bar\" ");
            Add($"style=\"width:{wide.ToString("0.#", CultureInfo.InvariantCulture)}px\"></span></td></tr>\n");
        }
        _page.Append("</tbody></table></figure>\n");
    }

    private void Plan()
    {
        _page.Append("<h2>Checks and notes</h2>\n<ul>\n");
        foreach (var check in report.Checks)
        {
            if (check.Entries > 0)
                Add($"<li>{Html.Count(check.Entries)} entries were derived a second time in another way, and agree within ");
            if (check.Entries > 0)
                Add($"{Html.Number(check.LargestDifference)} of their size.</li>\n");
            if (check.Undecided > 0)
                Add($"<li>{Html.Count(check.Undecided)} entries differ, and whether by rounding was not found out.</li>\n");
            foreach (var left in check.Unchecked)
                Add($"<li>Not checked: {Html.Text(left)}.</li>\n");
        }
        foreach (var note in report.Notes)
            Add($"<li>{Html.Text(note)}</li>\n");
        foreach (var weight in report.LeftOut)
            Add($"<li>{Html.Text(weight.Weight)} has no diagonal: {Html.Text(weight.Reason)}</li>\n");
        _page.Append("</ul>\n");
    }

    private void Origins()
    {
        var options = report.Options;
        _page.Append("<h2>Where the numbers come from</h2>\n<dl>\n");
        foreach (var file in report.Model)
            Item("model", $"{file.Name}, SHA-256 {file.Sha256}");
        foreach (var array in report.Data)
            Item("data", $"{array.Name} {Html.Shape(array.Shape)}, SHA-256 {array.Sha256}");
        Item("loss", $"{options.Loss}, {options.Reduction}");
        Item("weights", options.Wrt.IsEmpty ? "all" : string.Join(", ", options.Wrt));
        Item("diagonal", $"{options.Diagonal}, precision {options.Precision}");
        Item("budget of exact diagonals", $"{Html.Number(options.BudgetSeconds)} s");
        Item("estimates", $"{options.Probes} probes, seed {options.Seed}");
        Item("time of the runs", $"{Html.Number(report.Seconds)} s");
        Item("versions", $"OnnxCurvature {report.Versions.OnnxCurvature}, ONNX Runtime {report.Versions.OnnxRuntime}");
        _page.Append("</dl>\n");
        void Item(string name, string text) => Add($"<dt>{Html.Text(name)}</dt><dd>{Html.Text(text)}</dd>\n");
    }

    /// <summary>The figures that a narrow window has no columns for, and that each layer shows there itself.</summary>
    private static IEnumerable<(string Name, string Figure)> Figures(LayerEntry layer) =>
        [
            ("mean", Html.Number(layer.Mean)),
            ("largest", Html.Number(layer.Largest)),
            ("negative", Html.Share(layer.NegativeShare)),
            ("zero", Html.Share(layer.ZeroShare)),
            ("gradient norm", Html.Number(layer.GradientNorm)),
            ("cost of exact", $"{Html.Number(layer.ExactSeconds)} s"),
        ];

    private void Figure(string caption, string drawing) =>
        Add($"<figure><figcaption>{Html.Text(caption)}</figcaption>{drawing}</figure>\n");

    private static string Tag(LayerEntry layer)
    {
        if (layer.Exact)
            return "<span class=\"tag exact\">exact</span>";
        if (layer.RelativeError is not { } relative)
            return "<span class=\"tag estimate\">estimated</span>";
        var error = Html.Share(relative).Replace(" ", "&nbsp;", StringComparison.Ordinal);
        return $"<span class=\"tag estimate\">estimated ±&nbsp;{error}</span>";
    }

    private static string Style()
    {
        using var stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("OnnxCurvature.Analysis.Reports.report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private void Add(string text) => _page.Append(text);
}
