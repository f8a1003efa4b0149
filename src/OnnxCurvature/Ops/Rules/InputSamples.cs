using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>
/// Finds along which axis of each input the samples of a batch lie: the one that is declared, else the first, unless only another one is proven to keep samples independent
/// up to the model's output.
/// </summary>
public static class InputSamples
{
    /// <summary>
    /// A model that knows the axes of its inputs. Recurrent nets take steps first and samples second, [T, N, …]; the axis is proven: with the
    /// samples along the axes that are found, the samples of the output are independent. Layouts that are declared already are kept.
    /// </summary>
    public static ModelGraph Found(ModelGraph model)
    {
        if (model.Outputs.FirstOrDefault(output => output.Value.Type.Rank > 0 && output.Value.Type.Element.IsFloat()) is not { Value: var output })
            return model;
        var (nodes, shape) = (GraphWalk.Ancestors([output]), output.Type.Shape);
        var free = model.Inputs.Where(input => input.Type.Rank > 1 && !model.SampleAxes.ContainsKey(input)).ToArray();
        if (free.Length == 0 || KeepsApart(model.SampleAxes, null))
            return model;
        foreach (var samples in shape.Distinct().Where(dim => !dim.IsOne))
            foreach (var axes in Alternatives(samples))
                if (KeepsApart(axes, samples))
                    return model with { SampleAxes = axes };
        return model;

        IEnumerable<int> Fitting(Value input, Dim samples) => Enumerable.Range(1, input.Type.Rank - 1).Where(axis => input.Type.Shape[axis] == samples);

        IEnumerable<ImmutableDictionary<Value, int?>> Alternatives(Dim samples)
        {
            var byShape = free.Where(input => input.Type.Shape[0] != samples && Fitting(input, samples).Count() == 1)
                .Select(input => KeyValuePair.Create(input, (int?)Fitting(input, samples).Single())).ToArray();
            if (byShape.Length > 0)
                yield return model.SampleAxes.AddRange(byShape);
            foreach (var input in free)
                foreach (var axis in Fitting(input, samples))
                    yield return model.SampleAxes.Add(input, axis);
        }

        bool KeepsApart(ImmutableDictionary<Value, int?> axes, Dim? samples)
        {
            var of = Of(model with { SampleAxes = axes });
            try
            {
                SampleAnalysis.Run(nodes, of);
            }
            catch (UnsupportedOperatorException)
            {
                // Nothing is proven; derivatives through the node, should they be asked for, are refused with their own words.
                return false;
            }
            if (of.GetValueOrDefault(output) is not { IsSeparate: true } found)
                return false;
            // In a table [rows, features] it is the features that are apart where rows are coupled, so only the output's first axis shows which are samples.
            return samples is not { } count || found.SamplesOf(shape) == count && (found == SampleAxis.At(0) || axes.Keys.Except(model.SampleAxes.Keys).All(input => input.Type.Rank > 2));
        }
    }

    /// <summary>The different numbers of samples in those inputs that some nodes take; empty where none holds samples.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="layouts">Where samples lie in values, the inputs among them.</param>
    public static ImmutableArray<Dim> Counts(IEnumerable<Node> nodes, IReadOnlyDictionary<Value, SampleAxis> layouts) =>
        [.. nodes.SelectMany(GraphWalk.Dependencies).Distinct()
            .Where(value => value.Producer is null && layouts.GetValueOrDefault(value).IsSeparate)
            .Select(input => layouts[input].SamplesOf(input.Type.Shape)).Distinct()];

    /// <summary>Where samples lie in the inputs.</summary>
    public static Dictionary<Value, SampleAxis> Of(ModelGraph model) => model.Inputs
        .Where(input => input.Type.Rank > 0)
        .Select(input => (input, Layout: model.SampleAxes.TryGetValue(input, out var axis) ? axis is { } at ? SampleAxis.At(at) : SampleAxis.None : SampleAxis.At(0)))
        .Where(entry => !entry.Layout.IsNone)
        .ToDictionary(entry => entry.input, entry => entry.Layout);
}
