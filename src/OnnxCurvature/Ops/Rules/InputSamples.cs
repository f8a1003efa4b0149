using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.Rules;

/// <summary>
/// Finds along which axis of each input the samples of a batch lie: the one that is declared, else the first, unless only another one is
/// proven to keep samples independent up to the model's output.
/// </summary>
internal static class InputSamples
{
    /// <summary>The layouts of values of models: a plan asks for those of one model once for each cut of each weight.</summary>
    private static readonly ConditionalWeakTable<ModelGraph, Dictionary<Value, SampleLayout>> Followed = [];

    /// <summary>
    /// A model that knows the axes of its inputs, as far as independence of the output's samples proves them. Recurrent nets take steps
    /// first and samples second, [T, N, …]; an input of another length than the first one, such as one number for each step, may belong to
    /// all samples. Layouts that are declared already are kept.
    /// </summary>
    public static ModelGraph Found(ModelGraph model)
    {
        if (
            model.Outputs.FirstOrDefault(output => output.Value.Type.Rank > 0 && output.Value.Type.Element.IsFloat())
            is not { Value: var output }
        )
            return model;
        var (nodes, shape) = (GraphWalk.Ancestors([output]), output.Type.Shape);
        var free = model.Inputs.Where(input => input.Type.Rank > 0 && !model.SampleAxes.ContainsKey(input)).ToArray();
        var first = LayoutOf(model.SampleAxes);
        if (free.Length == 0 || first.IsSeparate)
            return model;
        var sizes = shape.Distinct().Where(dim => !dim.IsOne).ToArray();
        // That two dimensions are one symbol is no accident, as it may be that they are one number.
        if (Proven(sizes.Where(dim => !dim.IsKnown).SelectMany(Moved)) is { } symbolic)
            return model with { SampleAxes = symbolic };
        // Samples that are coupled, yet have places in the output, lie along first axes: coupling is no hint that they lie elsewhere.
        if (first.Place is null && Proven(Shared().Concat(sizes.Where(dim => dim.IsKnown).SelectMany(Moved))) is { } other)
            return model with { SampleAxes = other };
        return model;

        ImmutableDictionary<Value, int?>? Proven(IEnumerable<ImmutableDictionary<Value, int?>> candidates) =>
            candidates.FirstOrDefault(axes => LayoutOf(axes) is { IsSeparate: true } found && IsPlain(axes, found));

        IEnumerable<ImmutableDictionary<Value, int?>> Shared()
        {
            var others = free.Where(input => input.Type.Shape[0] != free[0].Type.Shape[0]).ToArray();
            if (others.Length > 0)
                yield return model.SampleAxes.AddRange(others.Select(input => KeyValuePair.Create(input, (int?)null)));
        }

        IEnumerable<ImmutableDictionary<Value, int?>> Moved(Dim samples)
        {
            IEnumerable<int> Fitting(Value input) =>
                Enumerable.Range(1, input.Type.Rank - 1).Where(axis => input.Type.Shape[axis] == samples);
            var byShape = free.Where(input => input.Type.Shape[0] != samples && Fitting(input).Count() == 1)
                .Select(input => KeyValuePair.Create(input, (int?)Fitting(input).Single()))
                .ToArray();
            if (byShape.Length > 0)
                yield return model.SampleAxes.AddRange(byShape);
            foreach (var input in free)
            foreach (var axis in Fitting(input))
                yield return model.SampleAxes.Add(input, axis);
        }

        // Positions are independent, too, where samples are coupled, so only the output's first axis shows which are samples.
        bool IsPlain(ImmutableDictionary<Value, int?> axes, SampleLayout found) =>
            found == SampleLayout.At(0) || axes.Where(entry => !model.SampleAxes.ContainsKey(entry.Key)).All(entry => entry.Value is null);

        SampleLayout LayoutOf(ImmutableDictionary<Value, int?> axes)
        {
            var of = Of(model with { SampleAxes = axes });
            try
            {
                SampleAnalysis.Run(nodes, of);
            }
            catch (Exception exception) when (exception is UnsupportedOperatorException or ArithmeticException or ShapeException)
            {
                // Nothing is proven; derivatives through the node, should they be asked for, are refused with their own words.
                return SampleLayout.Coupled;
            }
            return of.GetValueOrDefault(output);
        }
    }

    /// <summary>Where samples lie in the inputs.</summary>
    public static Dictionary<Value, SampleLayout> Of(ModelGraph model)
    {
        var layouts = new Dictionary<Value, SampleLayout>();
        foreach (var input in model.Inputs.Where(input => input.Type.Rank > 0))
            if (!model.SampleAxes.TryGetValue(input, out var axis))
                layouts[input] = SampleLayout.At(0);
            else if (axis is { } at)
                layouts[input] = SampleLayout.At(at);
        return layouts;
    }

    /// <summary>
    /// Where samples lie in the inputs and in the values that <paramref name="nodes"/> make.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="nodes">All nodes that compute some values, in order.</param>
    public static Dictionary<Value, SampleLayout> Along(ModelGraph model, ImmutableArray<Node> nodes)
    {
        var known = Followed.GetValue(model, Of);
        var layouts = Of(model);
        lock (known)
        {
            SampleAnalysis.Run(nodes.Where(node => !node.Outputs.All(known.ContainsKey)), known);
            foreach (var output in nodes.SelectMany(node => node.Outputs))
                if (known.TryGetValue(output, out var layout))
                    layouts.Add(output, layout);
        }
        return layouts;
    }

    /// <summary>The different numbers of samples in those inputs that some nodes take; empty where none holds samples.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="layouts">Where samples lie in values, the inputs among them.</param>
    public static ImmutableArray<Dim> Counts(IEnumerable<Node> nodes, IReadOnlyDictionary<Value, SampleLayout> layouts) =>
        [
            .. nodes
                .SelectMany(GraphWalk.Dependencies)
                .Distinct()
                .Where(value => value.Producer is null && layouts.GetValueOrDefault(value).IsSeparate)
                .Select(input => layouts[input].SamplesOf(input.Type.Shape))
                .Distinct(),
        ];
}
