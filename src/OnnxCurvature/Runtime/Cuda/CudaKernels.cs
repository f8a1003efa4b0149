using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Runtime.Augmentation;

namespace OnnxCurvature.Runtime.Cuda;

/// <summary>
/// Which nodes ONNX Runtime's CUDA provider has kernels of, read from a table, without the provider. Nodes that compute no floats are
/// taken to have one where the operator has any.
/// </summary>
internal static class CudaKernels
{
    private const string Resource = "OnnxCurvature.Runtime.Cuda.CudaKernels.txt";

    private static readonly Lazy<FrozenDictionary<string, ImmutableArray<(int Since, string[] Types)>>> Table = new(Read);

    private static readonly FrozenDictionary<ElementType, string> Codes = new Dictionary<ElementType, string>
    {
        [ElementType.Float16] = "f16",
        [ElementType.BFloat16] = "bf16",
        [ElementType.Float32] = "f32",
        [ElementType.Float64] = "f64",
    }.ToFrozenDictionary();

    /// <summary>The nodes of a program, bodies included, that have no CUDA kernel.</summary>
    public static IReadOnlyList<Node> Lacking(Program program)
    {
        var opset = OnnxWriter.MinimumOpset(program);
        var lacking = new List<Node>();
        Collect(program);
        return lacking;

        void Collect(Program part)
        {
            foreach (var node in part.Nodes)
            {
                if (!Has(node, opset))
                    lacking.Add(node);
                foreach (var body in node.Bodies)
                    Collect(body);
            }
        }
    }

    /// <summary>Whether a node has a CUDA kernel in an opset.</summary>
    public static bool Has(Node node, int opset)
    {
        // Constants that are read at the start are no work of the device.
        if (node.Operator.Name == "Constant" && node.Operator.Domain.Length == 0)
            return true;
        if (
            node.Operator.Domain.Length > 0
            || !Table.Value.TryGetValue(node.Rules().ToOpset(new GraphBuilder(node.Scope), node, opset).Name, out var forms)
        )
            return false;
        var types = forms.LastOrDefault(form => form.Since <= opset).Types ?? forms[0].Types;
        if (types is ["-"])
            return false;
        var element = node
            .Inputs.Concat(node.Outputs)
            .FirstOrDefault(value => value is not null && value.Type.Element.IsFloat())
            ?.Type.Element;
        return types is ["any"] || element is null || types.Contains(Codes[element.Value]);
    }

    /// <summary>One sentence on where the nodes of a program will run, as the table says.</summary>
    public static string Forecast(Program program)
    {
        var lacking = Lacking(program);
        var all = Count(program);
        return lacking.Count == 0
            ? string.Create(CultureInfo.InvariantCulture, $"All {all} nodes have CUDA kernels.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{lacking.Count} of {all} nodes have no CUDA kernel and run on the CPU, with copies of what they take and give: "
                    + $"{Listed(lacking)}."
            );
    }

    private static string Listed(IEnumerable<Node> nodes) =>
        string.Join(
            ", ",
            nodes
                .GroupBy(node => node.Operator.ToString())
                .OrderByDescending(group => group.Count())
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => $"{group.Key} ({group.Count()})")
        );

    private static int Count(Program program) => program.Nodes.Sum(node => 1 + node.Bodies.Sum(Count));

    private static FrozenDictionary<string, ImmutableArray<(int, string[])>> Read()
    {
        using var stream = typeof(CudaKernels).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        var table = new Dictionary<string, ImmutableArray<(int, string[])>>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0 && line[0] != '#' && line.Split('|') is [var name, .. var changes])
                table[name] =
                [
                    .. changes
                        .Select(change => change.Split(':'))
                        .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), parts[1].Split(','))),
                ];
        return table.ToFrozenDictionary(StringComparer.Ordinal);
    }
}
