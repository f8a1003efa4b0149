using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Fuzz;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    /// <summary>The most elements of an input that data are made for.</summary>
    private const long MostElements = 1 << 14;

    private static readonly ImmutableDictionary<string, long> NoSizes = ImmutableDictionary<string, long>.Empty;

    /// <summary>The targets, the quickest first.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("load", ".onnx", Load),
        new("inspect", ".onnx", path => CurvatureEngine.Inspect(path, NoSizes)),
        new("plan", ".onnx", Plan),
        new("run", ".onnx", Run),
        new("augmented", ".onnx", RunAugmented),
        new("npy", ".npy", path => NpyReader.Read(path)),
        new("npz", ".npz", ReadArchive),
        new("tensor", ".pb", path => TensorFile.Read(path)),
    ];

    /// <summary>Loads a model, with loops written out and kept, in its own precision and in float64.</summary>
    private static void Load(string path)
    {
        OnnxModel.Load(path, new LoadOptions { Partial = true });
        OnnxModel.Load(
            path,
            new LoadOptions
            {
                Partial = true,
                KeepLoops = true,
                Precision = Precision.Float64,
                StraightThrough = true,
            }
        );
    }

    /// <summary>Writes a model with all that can be asked for of its first weight.</summary>
    private static void Plan(string path)
    {
        if (RequestOf(path) is not { } request)
            return;
        var written = path + ".augmented.onnx";
        CurvatureEngine.Augment(path, request, written, new AugmentOptions { Embed = true });
        File.Delete(written);
    }

    private static void Run(string path)
    {
        if (RequestOf(path) is { } request)
            CurvatureEngine
                .Prepare(path, request, DataFor(path, request), new CurvatureRunOptions { Threads = 1, BatchSize = 2 })
                .Run(null, CancellationToken.None);
    }

    private static void RunAugmented(string path) =>
        CurvatureEngine
            .Prepare(path, null, DataFor(path, null), new CurvatureRunOptions { Threads = 1, BatchSize = 2 })
            .Run(null, CancellationToken.None);

    private static void ReadArchive(string path)
    {
        using var archive = NpzReader.Open(path);
        foreach (var name in archive.Names)
            archive.Read(name);
    }

    private static CurvatureRequest? RequestOf(string path)
    {
        var model = OnnxModel.Load(path, new LoadOptions { Partial = true });
        return model.Weights is [{ Name: { } weight }, ..] && model.Outputs.Any(output => output.Value.Type.Element.IsFloat())
            ? new CurvatureRequest
            {
                WithRespectTo = [weight],
                Loss = LossRequest.Parse($"sum:{model.Outputs.First(output => output.Value.Type.Element.IsFloat()).Name}"),
            }
            : null;
    }

    /// <summary>Small data for the inputs of a model, two samples where their number is open.</summary>
    private static Dictionary<string, NpyArray> DataFor(string path, CurvatureRequest? request)
    {
        var model = OnnxModel.Load(path, new LoadOptions { Partial = true, KeepLoops = request is null });
        var data = new Dictionary<string, NpyArray>(StringComparer.Ordinal);
        foreach (var input in model.Inputs)
        {
            var sizes = input.Type.Shape.Select(dim => dim.Known ?? 2).ToArray();
            if (
                sizes.Aggregate(1.0, (product, size) => product * size) > MostElements
                || input.Type.Element is ElementType.String or ElementType.BFloat16 or >= ElementType.Float8E4M3FN
            )
                continue;
            var count = sizes.Aggregate(1L, (product, size) => product * size);
            data[input.Name!] = NpyArray.Of(
                input.Type.Element,
                sizes,
                [.. Enumerable.Range(0, (int)count).Select(index => index % 5 / 4.0)]
            );
        }
        return data;
    }
}
