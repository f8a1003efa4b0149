using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>A file with the loss and one quantity of a case, for several engines, and what it is to give.</summary>
internal sealed class EngineFile
{
    /// <summary>The gradient of the sum of the only output by the input 'x'.</summary>
    public static CurvatureRequest GradientOfX { get; } =
        new()
        {
            WithRespectTo = ["x"],
            Loss = new LossRequest(LossKind.Sum),
            Reduction = Reduction.Sum,
            Quantities = [Quantity.Gradient],
        };

    private readonly ReferenceCase _case;
    private readonly CurvatureRequest _request;
    private readonly TemporaryFolder _folder;
    private readonly Dictionary<string, double[]> _expected = [];

    public EngineFile(ReferenceCase entry, Quantity quantity, TemporaryFolder folder)
    {
        (_case, _folder) = (entry, folder);
        _request = entry.Request with { Quantities = [Quantity.Loss, quantity] };
        Data = entry.Data();
        if (quantity == Quantity.Hvp)
            Data[$"{entry.Weight}.direction"] = Direction();
        foreach (var (name, array) in Data)
        {
            DataPaths[name] = folder.File($"{DataPaths.Count}.npy");
            NpyWriter.Write(DataPaths[name], array);
        }
        var result = quantity.OutputName(entry.Weight);
        _expected["loss"] = [entry.LossValue];
        _expected[result] = quantity is Quantity.Gradient or Quantity.HessianDiagonal or Quantity.GgnDiagonal
            ? entry.Reference(quantity)
            : InFloat64().Tensors.Single(tensor => tensor.Name == result).Values;
    }

    /// <summary>The data of the file's inputs.</summary>
    internal Dictionary<string, NpyArray> Data { get; }

    /// <summary>The files of what it takes.</summary>
    public Dictionary<string, string> DataPaths { get; } = [];

    /// <summary>The outputs that are compared.</summary>
    public IEnumerable<string> Outputs => _expected.Keys;

    /// <summary>The path of a file.</summary>
    public string Path(string name) => _folder.File(name);

    /// <summary>Writes the file, for an engine or for all, whose values take so many bytes in one run.</summary>
    public string Write(string name, string? target, long? bytes = null) =>
        CurvatureEngine
            .Augment(
                _case.ModelPath,
                _request,
                Path(name),
                new AugmentOptions
                {
                    Profile = AugmentProfile.Portable,
                    Target = target,
                    Embed = true,
                    MemoryBytes = bytes ?? new AugmentOptions().MemoryBytes,
                    Dimensions = OnnxModel
                        .Load(_case.ModelPath)
                        .Graph.Inputs.SelectMany(input => input.Type.Shape.Zip(Data[input.Name!].Shape))
                        .Where(size => !size.First.IsKnown)
                        .DistinctBy(size => size.First)
                        .ToImmutableDictionary(size => size.First.ToString(), size => size.Second),
                }
            )
            .Path;

    /// <summary>The largest error of the outputs, each in norms.</summary>
    public double Error(Dictionary<string, double[]> outputs) =>
        _expected.Max(entry => ReferenceCase.Error(outputs[entry.Key], entry.Value));

    private NpyArray Direction()
    {
        var shape = OnnxModel.Load(_case.ModelPath).Values[_case.Weight].Type.Shape.Sizes;
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return NpyArray.Of(ElementType.Float32, shape, [.. Enumerable.Range(1, (int)count).Select(index => Math.Sin(index))]);
    }

    private Runtime.Results.CurvatureResult InFloat64() =>
        CurvatureEngine
            .Prepare(_case.ModelPath, _request with { Precision = Precision.Float64 }, Data, new CurvatureRunOptions())
            .Run(null, CancellationToken.None);
}
