using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.TestModels;

namespace OnnxCurvature.Benchmarks;

/// <summary>The cases of the table.</summary>
internal sealed class Cases(Workspace workspace, bool small)
{
    private const string Kernel = "conv4_3.weight";
    private const string Ours = "OnnxCurvature";

    private static readonly IReadOnlyDictionary<string, string> Plain = ImmutableDictionary<string, string>.Empty;

    /// <summary>All cases, the dearest first.</summary>
    public IEnumerable<BenchmarkCase> All()
    {
        var large = new Lazy<Prepared>(() => workspace.Prepare(small ? Networks.Vgg16Narrow() : Networks.Vgg16(), 1));
        yield return Whole(
            "headline",
            $"Hessian diagonal of {Kernel}, {(small ? "narrow VGG16" : "VGG16, one image of 224 by 224, 1000 classes")}, the whole process",
            large
        );
        foreach (var images in small ? [1, 2] : (int[])[1, 8, 32])
            yield return Warm(
                $"images-{images}",
                "diagonal",
                $"The same, 32 by 32, 10 classes, images: {images}, warm",
                new(() => workspace.Prepare(Small(10), images))
            );
        foreach (var classes in small ? [10] : (int[])[100, 1000])
            yield return Warm(
                $"classes-{classes}",
                "diagonal",
                $"The same, 32 by 32, one image, classes: {classes}, warm",
                new(() => workspace.Prepare(Small(classes), 1))
            );
        yield return Warm("loss", "loss", "Loss of VGG16, the forward pass alone, warm", large);
        yield return Warm("gradient", "gradient", $"Loss of VGG16 and its gradient in {Kernel}, warm", large);
        yield return Warm("product", "product", $"One Hessian-vector product in {Kernel}, warm", large);
        yield return Warm("product-reused", "product-reused", "The same, with the gradient's values at hand", large);
        yield return Augment("augment", "Gradient and Hessian diagonal added to VGG16", large, Kernel);
        foreach (var nodes in small ? [200] : (int[])[10_000, 100_000])
            yield return Augment(
                $"nodes-{nodes}",
                $"Gradient and Hessian diagonal added to a graph of so many nodes: {nodes.ToString("N0", CultureInfo.InvariantCulture)}",
                new(() => workspace.Prepare(Networks.Chain(nodes), 1)),
                "fc1.weight"
            );
        if (!small)
            foreach (var entry in new SuiteCases(workspace).All())
                yield return entry;
        foreach (var memory in small ? [256] : (long[])[1280, 1536, 2048, 3072])
            yield return new BenchmarkCase(
                $"memory-{memory}",
                $"The headline case with --memory {memory}M",
                [new Contender(Ours, () => Run(large.Value, Plain, workspace.Published, memory << 20))]
            );
    }

    private Network Small(long classes) => small ? Networks.Vgg16Narrow() : Networks.Vgg16OfSmallImages(classes);

    private BenchmarkCase Whole(string name, string title, Lazy<Prepared> model) =>
        new(
            name,
            title,
            [
                .. workspace.Published is { } published ? InBothWays($"{Ours}, native", model, published) : [],
                .. InBothWays(Ours, model, null),
                new Contender($"{Ours}, huge pages", () => Run(model.Value, Workspace.HugePages)),
                .. Peers(way =>
                    () =>
                    {
                        var (inside, outside) = workspace.Peer(
                            "diagonal",
                            model.Value,
                            "--way",
                            way,
                            "--chunk",
                            ChunkOf(way),
                            "--out",
                            workspace.Scratch("peer.npy")
                        );
                        return inside with { Seconds = [outside.Seconds] };
                    }
                ),
            ]
        );

    /// <summary>The tool with the check that every run makes, and without it.</summary>
    private Contender[] InBothWays(string name, Lazy<Prepared> model, string? published)
    {
        var uncheckedName = $"{name}, without its check";
        return
        [
            new Contender(name, () => Run(model.Value, Plain, published), uncheckedName),
            new Contender(uncheckedName, () => Run(model.Value, Plain, published, isChecked: false)),
        ];
    }

    private BenchmarkCase Warm(string name, string work, string title, Lazy<Prepared> model)
    {
        string[] repetitions = ["--warm-up", small ? "1" : "3", "--repeats", small ? "2" : "7"];
        var ours = new Contender(
            Ours,
            () =>
                workspace.Ours([
                    "measure",
                    work,
                    model.Value.Path,
                    "--image",
                    model.Value.Image,
                    "--labels",
                    model.Value.Labels,
                    "--kernel",
                    Kernel,
                    .. repetitions,
                ])
        );
        return new BenchmarkCase(
            name,
            title,
            work == "diagonal"
                    ?
                    [
                        ours,
                        .. Peers(way =>
                            () => workspace.Peer(work, model.Value, [.. repetitions, "--way", way, "--chunk", ChunkOf(way)]).Inside
                        ),
                    ]
                : workspace.PeerVersion is null ? [ours]
                : [ours, new Contender("PyTorch", () => workspace.Peer(work, model.Value, repetitions).Inside)]
        );
    }

    private BenchmarkCase Augment(string name, string title, Lazy<Prepared> model, string weight) =>
        new(
            name,
            title,
            [
                new Contender(
                    Ours,
                    () =>
                        workspace.Ours([
                            "augment",
                            model.Value.Path,
                            Path.ChangeExtension(model.Value.Path, ".augmented.onnx"),
                            "--kernel",
                            weight,
                        ])
                ),
            ]
        );

    /// <summary>PyTorch by hand, in both ways.</summary>
    private IEnumerable<Contender> Peers(Func<string, Func<Measurement>> measure) =>
        workspace.PeerVersion is null
            ? []
            :
            [
                new Contender("PyTorch, products of directions", measure("directions")),
                new Contender("PyTorch, Gram at argmax positions", measure("argmax")),
            ];

    /// <summary>The directions at once with which the peer was fastest in the headline case.</summary>
    private static string ChunkOf(string way) => way == "directions" ? "32" : "100";

    /// <summary>The tool, from its start to its end.</summary>
    private Measurement Run(
        Prepared model,
        IReadOnlyDictionary<string, string> environment,
        string? published = null,
        long? memory = null,
        bool isChecked = true
    )
    {
        var result = workspace.Scratch("ours.npz");
        var outcome = workspace.Tool(
            published,
            [
                "run",
                model.Path,
                "-o",
                result,
                "--loss",
                "cross-entropy",
                "--wrt",
                Kernel,
                "--quantity",
                "hessian-diagonal",
                "--data",
                $"image={model.Image}",
                $"labels={model.Labels}",
                .. memory is { } limit ? ["--memory", limit.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
                .. isChecked ? Array.Empty<string>() : ["--no-check"],
            ],
            environment
        );
        using var arrays = NpzReader.Open(result);
        var diagonal = arrays.Read($"{Kernel}.hessian_diagonal").ToDoubles();
        return new Measurement(
            [outcome.Seconds],
            Planned(model),
            Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(diagonal)),
            outcome.PeakBytes
        );
    }

    private static double Planned(Prepared model) =>
        CurvatureEngine
            .Prepare(
                model.Path,
                new CurvatureRequest
                {
                    WithRespectTo = [Kernel],
                    Loss = new LossRequest(LossKind.CrossEntropy),
                    Quantities = [Quantity.HessianDiagonal],
                },
                new Dictionary<string, NpyArray> { ["image"] = NpyReader.Read(model.Image), ["labels"] = NpyReader.Read(model.Labels) },
                new CurvatureRunOptions()
            )
            .Flops;
}
