using System.Collections.Immutable;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using OnnxCurvature.Files;

namespace OnnxCurvature.Benchmarks;

/// <summary>
/// Networks of several kinds that PyTorch exports, each with a few weights: the whole process of the tool beside that of the faster of
/// PyTorch's two ways, in chunks with which it was fastest.
/// </summary>
internal sealed partial class SuiteCases(Workspace workspace)
{
    /// <summary>What a case asks for, unless it says something else.</summary>
    public const string Diagonal = "hessian-diagonal";

    private const string Peer = "PyTorch";

    private readonly Dictionary<Entry, double> _shares = [];
    private readonly string _ours = workspace.Published is null ? "OnnxCurvature" : "OnnxCurvature, native";

    /// <summary>The cases: network, weight, how many directions in which way PyTorch makes at a time, and how many in all.</summary>
    public static readonly ImmutableArray<Entry> Entries =
    [
        new("vgg16", "features.0.weight", Directions: 8, Most: 32),
        new("vgg16", "features.12.weight", Directions: 16, Most: 64),
        new("vgg16", "features.17.weight", Directions: 32, Most: 128),
        new("vgg16", "features.21.weight", Directions: 32, Most: 256),
        new("vgg16", "features.28.weight", Directions: 32, Most: 512),
        new("vgg16", "classifier.0.weight", Directions: 2, Most: 8),
        new("resnet18", "conv1.weight", Directions: 16, Most: 160),
        new("resnet18", "layer1.0.conv1.weight", Directions: 32, Most: 320),
        new("resnet18", "layer2.0.conv1.weight", Directions: 32),
        new("resnet18", "layer4.1.conv2.weight", Directions: 32),
        new("resnet18", "*", Directions: 8, Most: 40),
        new("resnet50", "layer3.0.conv2.weight", Directions: 32, Most: 320),
        new("mobilenet_v2", "features.3.conv.0.0.weight", Directions: 32, Most: 160),
        new("mobilenet_v2", "features.3.conv.1.0.weight", Directions: 32, Most: 160),
        new("mobilenet_v2", "features.3.conv.2.weight", Directions: 32, Most: 160),
        new("vit_tiny", "class_token", Directions: 0, Products: 8, Most: 24),
        new("vit_tiny", "encoder.layers.encoder_layer_3.mlp.3.bias", Directions: 0, Products: 16),
        new("vit_tiny", "encoder.layers.encoder_layer_0.ln_1.weight", Directions: 0, Products: 8, Most: 24),
        new("vit_tiny", "heads.head.bias", Directions: 100),
        new("encoder", "layers.0.self_attn.out_proj.weight", Directions: 0, Products: 64, Most: 512),
        new("encoder", "layers.0.linear1.bias", Directions: 0, Products: 64),
        new("encoder", "embed.weight", Directions: 0, Products: 64, Most: 512),
        new("lstm", "lstm.weight_hh_l0", Directions: 0, Products: 64, Most: 256),
        new("segmenter", "wide.0.weight", Directions: 0, Products: 16, Most: 160),
        new("segmenter", "head.weight", Directions: 0, Products: 16),
        new("resnet50", "layer3.0.conv2.weight", Directions: 0, Quantity: "gradient"),
        new("resnet50", "layer3.0.conv2.weight", Directions: 0, Quantity: "hvp"),
        new("resnet50", "layer4.2.conv3.weight", Directions: 32, Quantity: "ggn-diagonal"),
        new("encoder", "layers.0.self_attn.out_proj.weight", Directions: 0, Quantity: "gradient"),
        new("encoder", "layers.0.self_attn.out_proj.weight", Directions: 0, Quantity: "hvp"),
        new("encoder", "layers.0.self_attn.out_proj.weight", Directions: 10, Quantity: "ggn-diagonal"),
    ];

    /// <summary>All cases.</summary>
    public IEnumerable<BenchmarkCase> All()
    {
        if (workspace.PeerVersion is null)
            yield break;
        foreach (var entry in Entries)
            yield return new BenchmarkCase(
                $"suite-{entry.Network}-{entry.Weight}{(entry.Quantity == Diagonal ? "" : $"-{entry.Quantity}")}",
                $"{entry.Network}, {entry.Weight}{(entry.Quantity == Diagonal ? "" : $", {entry.Quantity}")}",
                [
                    new Contender(_ours, () => Tool(entry), Unchecked),
                    new Contender(Unchecked, () => Tool(entry, isChecked: false)),
                    new Contender(Peer, () => PyTorch(entry)),
                ]
            );
    }

    private string Unchecked => $"{_ours}, without its check";

    private Measurement Tool(Entry entry, bool isChecked = true)
    {
        var result = workspace.Scratch("suite.npz");
        var outcome = Run(entry, result, isChecked ? [] : ["--no-check"]);
        using var arrays = NpzReader.Open(result);
        var ending = $".{entry.Quantity.Replace('-', '_')}";
        var squares = arrays
            .Names.Where(name => name.EndsWith(ending, StringComparison.Ordinal))
            .Sum(name => TensorPrimitives.SumOfSquares<double>(arrays.Read(name).ToDoubles()));
        var plan = Planned().Match(outcome.Output) is { Success: true } match ? $"plan: {match.Groups[1]}, taken: {match.Groups[2]}, " : "";
        var cores = string.Create(CultureInfo.InvariantCulture, $"{outcome.Cores:0.0} cores");
        var share = isChecked ? string.Create(CultureInfo.InvariantCulture, $", products {100 * ShareOf(entry):0} %") : "";
        return new Measurement([outcome.Seconds], 0, Math.Sqrt(squares), outcome.PeakBytes) { Further = plan + cores + share };
    }

    /// <summary>The share of products in the kernels' time, of a run of its own, since a profile takes time.</summary>
    private double ShareOf(Entry entry)
    {
        if (_shares.TryGetValue(entry, out var share))
            return share;
        var profile = workspace.Scratch("suite.json");
        Run(entry, workspace.Scratch("profiled.npz"), ["--no-check", "--profile", profile]);
        return _shares[entry] = KernelShare.Of(profile);
    }

    private ChildProcess.Outcome Run(Entry entry, string result, params string[] further) =>
        workspace.Tool(
            workspace.Published,
            [.. Command(workspace.Suite(), entry, result), .. further],
            ImmutableDictionary<string, string>.Empty
        );

    /// <summary>The arguments of the tool for a case.</summary>
    /// <param name="folder">Where the networks and their data lie.</param>
    /// <param name="entry">The case.</param>
    /// <param name="result">The file of the results.</param>
    public static string[] Command(string folder, Entry entry, string result)
    {
        var direction =
            entry.Quantity == "hvp"
                ? [$"{entry.Weight}.direction={Path.Combine(folder, $"{entry.Network}.direction.npy")}"]
                : Array.Empty<string>();
        return
        [
            "run",
            Path.Combine(folder, $"{entry.Network}.onnx"),
            "-o",
            result,
            "--wrt",
            entry.Weight,
            "--loss",
            "cross-entropy",
            "--quantity",
            entry.Quantity,
            "--data",
            $"input={Path.Combine(folder, $"{entry.Network}.input.npy")}",
            $"labels={Path.Combine(folder, $"{entry.Network}.labels.npy")}",
            .. direction,
        ];
    }

    private Measurement PyTorch(Entry entry)
    {
        string[] arguments =
        [
            "measure",
            workspace.Suite(),
            entry.Network,
            entry.Weight,
            entry.Quantity switch
            {
                "gradient" => "gradient",
                "hvp" => "product",
                _ => entry.Directions > 0 ? "directions" : "products",
            },
            (entry.Directions > 0 ? entry.Directions : entry.Products).ToString(CultureInfo.InvariantCulture),
            .. entry.Most > 0 ? [entry.Most.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        ];
        var (inside, outside) = workspace.SuitePeer(arguments);
        // The part that was not made is inferred from the rest; the start of the process comes once.
        return inside with
        {
            Seconds = [outside.Seconds - inside.Measured + inside.Seconds[0]],
            Further = entry.Most > 0 ? $"inferred from {entry.Most} directions" : null,
        };
    }

    [GeneratedRegex(@"planned: about (.+?) and .*?; taken: (.+?) and", RegexOptions.CultureInvariant)]
    private static partial Regex Planned();

    /// <summary>A case.</summary>
    /// <param name="Network">The network.</param>
    /// <param name="Weight">The weight, or a pattern of weights.</param>
    /// <param name="Directions">How many directions PyTorch takes at a time; zero where it multiplies with the Hessian.</param>
    /// <param name="Products">How many products with the Hessian it takes at a time.</param>
    /// <param name="Most">How many of them it makes; zero for all.</param>
    /// <param name="Quantity">What is asked for.</param>
    public sealed record Entry(string Network, string Weight, int Directions, int Products = 0, int Most = 0, string Quantity = Diagonal);
}
