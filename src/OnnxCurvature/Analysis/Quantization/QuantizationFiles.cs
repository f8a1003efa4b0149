using System.Globalization;
using OnnxCurvature.Analysis.Reports;
using OnnxCurvature.Files;

namespace OnnxCurvature.Analysis.Quantization;

/// <summary>The files of a result: predictions as JSON and CSV, and, where a choice was made, the files that quantizers take.</summary>
internal static class QuantizationFiles
{
    private const string Json = "sensitivity.json";
    private const string Csv = "sensitivity.csv";
    private const string Excluded = "nodes_to_exclude.json";
    private const string Bits = "bits.json";

    private static readonly (string Name, Func<NodeSensitivity, string> Cell)[] Fields =
    [
        ("scheme", node => node.Scheme.Name),
        ("node", node => node.Node),
        ("weight", node => node.Weight),
        ("predicted", node => Text(node.Predicted)),
        ("firstOrder", node => Text(node.FirstOrder)),
        ("secondOrder", node => Text(node.SecondOrder)),
        ("error", node => Text(node.Error)),
        ("exact", node => node.IsExact ? "true" : "false"),
        ("measured", node => node.Measured is { } measured ? Text(measured) : ""),
        ("weightError", node => Text(node.WeightError)),
        ("inputWeightedError", node => Text(node.InputWeightedError)),
        ("bytes", node => Text(node.Bytes)),
    ];

    /// <summary>The files that <see cref="Write"/> writes to a folder.</summary>
    public static IReadOnlyList<string> FilesOf(string folder, bool hasChoice) =>
        [.. new[] { Json, Csv }.Concat(hasChoice ? [Excluded, Bits] : []).Select(file => Path.Combine(folder, file))];

    /// <summary>Writes the files into a folder. Throws <see cref="UserErrorException"/> where that is not possible.</summary>
    public static void Write(string folder, QuantizationResult result)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(result);
        OutputFolder.Create(folder);
        TextFile.Write(Path.Combine(folder, Json), ToJson(result));
        TextFile.Write(Path.Combine(folder, Csv), ToCsv(result));
        if (result.Choice is not { } choice)
            return;
        TextFile.Write(Path.Combine(folder, Excluded), NodesToExclude(choice));
        TextFile.Write(Path.Combine(folder, Bits), BitsByNode(choice));
    }

    /// <summary>The predictions as JSON, those of channels among them.</summary>
    public static string ToJson(QuantizationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return JsonText.Of(QuantizationDocument.Of(result), QuantizationJson.Relaxed.QuantizationDocument);
    }

    /// <summary>The predictions as comma-separated values.</summary>
    public static string ToCsv(QuantizationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return CsvTable.Of(Fields.Select(field => field.Name), result.Nodes.Select(node => Fields.Select(field => field.Cell(node))));
    }

    /// <summary>A JSON list of the nodes that stay floats, for <c>nodes_to_exclude</c> of ONNX Runtime's quantizer.</summary>
    public static string NodesToExclude(ChosenBits choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        return JsonText.Of(choice.NodesToExclude, QuantizationJson.Relaxed.ImmutableArrayString);
    }

    /// <summary>A JSON object of the bits of each node.</summary>
    public static string BitsByNode(ChosenBits choice)
    {
        ArgumentNullException.ThrowIfNull(choice);
        IReadOnlyDictionary<string, int> bits = new OrderedDictionary<string, int>(
            choice.Nodes.DistinctBy(entry => entry.Node).Select(entry => KeyValuePair.Create(entry.Node, entry.Bits))
        );
        return JsonText.Of(bits, QuantizationJson.Relaxed.IReadOnlyDictionaryStringInt32);
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
