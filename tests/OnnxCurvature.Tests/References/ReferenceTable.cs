using System.Collections.Immutable;
using System.Text.Json;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using Xunit;

namespace OnnxCurvature.Tests.References;

/// <summary>All cases that the two manifests of references list.</summary>
public static class ReferenceTable
{
    private static readonly string Exported = Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "References", "Data");
    private static readonly string TestModels = Path.Combine(Repository.Root, "testmodels");

    /// <summary>All cases.</summary>
    public static ImmutableArray<ReferenceCase> All { get; } = [.. OfExported(), .. OfTestModels()];

    /// <summary>The model and the weight of each case.</summary>
    public static TheoryData<string, string> Rows => [.. All.Select(entry => (entry.Model, entry.Weight))];

    /// <summary>The case of a model and a weight.</summary>
    public static ReferenceCase Find(string model, string weight) => All.Single(entry => entry.Model == model && entry.Weight == weight);

    private static IEnumerable<ReferenceCase> OfExported() =>
        from entry in Manifest(Path.Combine(Exported, "manifest.json"))
        let loss = entry.GetProperty("loss").GetString() switch
        {
            "cross_entropy" => LossKind.CrossEntropy,
            "mse" => LossKind.Mse,
            "bce_with_logits" => LossKind.BinaryCrossEntropy,
            var other => throw new InvalidDataException($"The manifest names the loss '{other}'."),
        }
        let data = entry
            .GetProperty("inputs")
            .EnumerateObject()
            .ToImmutableDictionary(input => input.Name, input => Path.Combine(Exported, input.Value.GetString()!))
            .Add(loss == LossKind.CrossEntropy ? "labels" : "target", PathOf(Exported, entry, "labels"))
        from model in entry.GetProperty("models").EnumerateArray()
        from weight in model.GetProperty("initializer_map").EnumerateArray()
        let files = entry
            .GetProperty("parameters")
            .EnumerateArray()
            .Single(parameter => parameter.GetProperty("torch").GetString() == weight.GetProperty("torch").GetString())
            .GetProperty("files")
        select new ReferenceCase(
            PathOf(Exported, model, "file"),
            weight.GetProperty("initializer").GetString()!,
            new LossRequest(loss),
            data,
            entry.GetProperty("loss_value").GetDouble(),
            Files(Exported, files, "grad", "hess_diag", "ggn_diag"),
            weight.GetProperty("layout").GetString()!
        );

    private static IEnumerable<ReferenceCase> OfTestModels()
    {
        var references = Path.Combine(TestModels, "references");
        return from entry in Manifest(Path.Combine(references, "manifest.json"))
            let model = PathOf(TestModels, entry, "model")
            let input = entry.GetProperty("input").GetString()!
            from weight in entry.GetProperty("weights").EnumerateArray()
            select new ReferenceCase(
                model,
                weight.GetProperty("weight").GetString()!,
                new LossRequest(LossKind.CrossEntropy),
                ImmutableDictionary<string, string>
                    .Empty.Add(input, Path.ChangeExtension(model, $".{input}.npy"))
                    .Add("labels", Path.ChangeExtension(model, ".labels.npy")),
                entry.GetProperty("loss").GetDouble(),
                Files(references, weight.GetProperty("files"), "gradient", "hessian_diagonal", "ggn_diagonal"),
                Layout: "same"
            );
    }

    private static ImmutableDictionary<Quantity, string> Files(
        string folder,
        JsonElement files,
        string gradient,
        string hessian,
        string ggn
    ) =>
        ImmutableDictionary<Quantity, string>
            .Empty.Add(Quantity.Gradient, PathOf(folder, files, gradient))
            .Add(Quantity.HessianDiagonal, PathOf(folder, files, hessian))
            .Add(Quantity.GgnDiagonal, PathOf(folder, files, ggn));

    private static string PathOf(string folder, JsonElement element, string property) =>
        Path.Combine(folder, element.GetProperty(property).GetString()!);

    private static JsonElement.ArrayEnumerator Manifest(string path) =>
        JsonDocument.Parse(File.ReadAllBytes(path)).RootElement.GetProperty("cases").EnumerateArray();
}
