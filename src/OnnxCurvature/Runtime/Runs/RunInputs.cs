using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The roles of a model's inputs in a run: those that hold data, and those from which nodes take sizes, axes or counts. The values of
/// the latter are taken as constants, since nothing can be derived without them.
/// </summary>
/// <param name="Source">The model's file, with the values of inputs that are constants.</param>
/// <param name="Model">The model as far as it can be inferred without knowing how the data are cut.</param>
/// <param name="Given">The arrays of all other inputs.</param>
/// <param name="Notes">One sentence for each input that is taken as constant.</param>
internal sealed record RunInputs(ModelSource Source, OnnxModel Model, GivenData Given, ImmutableArray<string> Notes)
{
    /// <summary>All data that were given, those that are taken as constant among them.</summary>
    public required IReadOnlyDictionary<string, DataSource> All { get; init; }

    /// <summary>The arrays of all other inputs, by name.</summary>
    public IReadOnlyDictionary<string, NpyArray> Data => Given.Arrays;

    /// <summary>Loads the model until nothing more becomes known by what its inputs are given.</summary>
    public static RunInputs Resolve(ModelSource source, IReadOnlyDictionary<string, DataSource> data, CurvatureRunOptions options)
    {
        var notes = ImmutableArray.CreateBuilder<string>();
        var constant = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var model = source.Load(isPartial: true);
            if (Whole(source, model) is { Count: > 0 } whole)
            {
                source = source with { SampleAxes = source.SampleAxes.AddRange(whole) };
                continue;
            }
            var taken = source.Request is { } request
                ? model
                    .UndecidedInputs.Where(input => data.ContainsKey(input.Name!) && !request.WithRespectTo.Contains(input.Name!))
                    .ToArray()
                : [];
            if (taken.Length == 0)
            {
                var others = data.Where(entry => !constant.Contains(entry.Key)).ToDictionary(StringComparer.Ordinal);
                var given = GivenData.Of(source, model, others, options);
                return new RunInputs(source, model, given, [.. notes, .. given.Notes]) { All = data };
            }
            constant.UnionWith(taken.Select(input => input.Name!));
            var values = taken.Select(input => KeyValuePair.Create(input.Name!, TensorOf(input, data[input.Name!].Join(input.Name!, 0))));
            source = source with { Fixed = source.Fixed.AddRange(values) };
            notes.AddRange(
                taken.Select(input =>
                    $"The data of '{input.Name}' are taken as constant, because sizes, axes or counts " + $"depend on them."
                )
            );
        }
    }

    /// <summary>The inputs of an augmented model that are not cut into samples, as far as that is not known yet.</summary>
    private static Dictionary<string, int?> Whole(ModelSource source, OnnxModel model) =>
        (AugmentedMetadata.Read(model.Metadata)?.Uncut ?? [])
            .Where(name => !source.SampleAxes.ContainsKey(name) && model.Inputs.Any(input => input.Name == name))
            .ToDictionary(name => name, _ => (int?)null, StringComparer.Ordinal);

    private static Tensor TensorOf(Value input, NpyArray array) =>
        array.Element.IsFloat()
            ? Tensor.Of(array.Element, array.Shape, array.ToDoubles())
            : Tensor.Of(input.Type.Element, array.Shape, array.ToInt64s());
}
