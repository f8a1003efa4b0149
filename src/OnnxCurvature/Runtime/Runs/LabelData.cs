using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Checking;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The facts that the labels of a run decide of its cross-entropy: the axis of classes, whether they are soft, and their weight.
/// </summary>
/// <param name="name">The name of their input.</param>
/// <param name="array">The labels of all batches.</param>
/// <param name="request">The request.</param>
/// <param name="sized">The model with the sizes of all data, which is loaded where these matter.</param>
/// <param name="batch">The samples of the data, and of the model.</param>
/// <param name="names">How data and samples are named.</param>
internal sealed class LabelData(
    string name,
    NpyArray array,
    CurvatureRequest request,
    Lazy<ModelGraph> sized,
    FixedBatch batch,
    SampleNames names
)
{
    private ClassOptions Options => request.Loss.Classes;

    private string Shape => $"[{string.Join(",", array.Shape)}]";

    /// <summary>The request with what follows from the labels, and the labels as the input takes them.</summary>
    public (CurvatureRequest Request, NpyArray Array) Resolve(ModelGraph model)
    {
        var first = ClassLogits.Of(LossBuilder.Find(model, request.Loss.Value), Options);
        if (IsPlain(first))
            return (With(Options with { Axis = first.Axis ?? CrossEntropy.DefaultAxis }), array);
        var found = ClassLogits.Of(LossBuilder.Find(sized.Value, request.Loss.Value), Options);
        var shape = ShapeOf(found.Logits);
        int[] fitting = [.. Enumerable.Range(0, shape.Rank).Where(axis => Fits(shape.Remove(axis)))];
        var isSoft = Options.SoftLabels || Matches(shape) && (array.Element.IsFloat() || fitting.Length == 0);
        if (isSoft && Options.IgnoreIndex is not null)
            throw new UserErrorException(
                $"--ignore-index is of labels that are integers, and {names.Data(name)} holds a number for each class; leave it out."
            );
        if (shape.Rank < 2)
            return (request, array);
        return isSoft ? Soft(found) : Hard(found, fitting);
    }

    /// <summary>Whether labels are integers of the usual shape that all count, so that nothing more is to be known.</summary>
    private bool IsPlain(ClassLogits found)
    {
        var (shape, axis) = (found.Logits.Type.Shape, found.Axis ?? CrossEntropy.DefaultAxis);
        return !Options.SoftLabels
            && Options.ClassWeights.IsEmpty
            && !array.Element.IsFloat()
            && shape.Rank >= 2
            && Matches(CrossEntropy.LabelShape(shape, axis))
            && (found.Axis is not null || Enumerable.Range(0, shape.Rank).Count(other => Fits(shape.Remove(other))) == 1)
            && !LabelRange.Labels(array).Any(label => label.Label == (Options.IgnoreIndex ?? ClassOptions.DefaultIgnoreIndex))
            && Options.IgnoreIndex is null;
    }

    private (CurvatureRequest, NpyArray) Soft(ClassLogits found)
    {
        var shape = ShapeOf(found.Logits);
        var axis =
            found.Axis
            ?? (
                shape.Rank == 2 && SamplesOf(found.Logits) is not { IsSeparate: true, Axis: CrossEntropy.DefaultAxis }
                    ? CrossEntropy.DefaultAxis
                    : throw new UserErrorException(
                        $"{names.Data(name)} {Shape} holds a number for every entry of '{found.Logits.Name}' {shape}, which does "
                            + "not determine the axis of classes; give it with --class-axis."
                    )
            );
        foreach (var (position, value) in array.Elements())
            if (!(value >= 0 && double.IsFinite(value)))
                throw new UserErrorException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{names.Data(name)} holds {value} at element {position}, and soft labels are probabilities; give finite "
                            + $"numbers of at least 0."
                    )
                );
        var floats = array.Element.IsFloat() ? array : NpyArray.Of(found.Logits.Type.Element, array.Shape, array.ToDoubles());
        return (With(Options with { Axis = axis, SoftLabels = true }), LossTargets.Shaped(floats, shape));
    }

    private (CurvatureRequest, NpyArray) Hard(ClassLogits found, int[] fitting)
    {
        var shape = ShapeOf(found.Logits);
        var axis = found.Axis ?? AxisOf(found.Logits, fitting);
        if (array.Element.IsFloat())
            throw new UserErrorException(
                $"{names.Data(name)} holds {array.Element.DisplayName()} {Shape}, and cross-entropy takes integers {shape.Remove(axis)}, "
                    + $"or soft labels of the shape {shape} of '{found.Logits.Name}'; convert it."
            );
        if (!Fits(shape.Remove(axis)) || shape[axis].Known is not { } classes)
            return (With(Options with { Axis = axis }), array);
        var ignored = Options.IgnoreIndex ?? ClassOptions.DefaultIgnoreIndex;
        var options = Options with
        {
            Axis = axis,
            IgnoreIndex = LabelRange.Labels(array).Any(label => label.Label == ignored) ? ignored : null,
        };
        var shaped = LossTargets.Shaped(array, CrossEntropy.LabelShape(shape, axis));
        var isWeighted = options.IgnoreIndex is not null || !options.ClassWeights.IsEmpty && options.ClassWeights.Length == classes;
        if (!isWeighted)
            return (With(options), shaped);
        var head = LossBuilder.Build(sized.Value, request.Loss with { Classes = options }, request.Reduction);
        var samples = new SampleProof(sized.Value, head).Place is { } place ? head.InTerms(place) : SampleLayout.None;
        LabelRange.Check(shaped, head.Labels!, samples, names);
        return (With(request.Reduction == Reduction.Sum ? options : options with { Totals = Totals(options, head, samples) }), shaped);
    }

    private LabelTotals Totals(ClassOptions options, LossHead head, SampleLayout samples)
    {
        if (!head.Terms.IsKnown)
            throw new UserErrorException(
                $"The shape {head.Output.Type.Shape} of '{head.Output.Name}' is not known before it is run, so the samples with "
                    + $"labels that count cannot be counted; give sizes with --dim, or --reduction sum."
            );
        var (located, counted, weight) = (new SamplePositions(batch.SizesOf(head.Terms.Sizes, samples), samples), new HashSet<long>(), 0.0);
        foreach (var (position, label) in LabelRange.Labels(array))
        {
            if (label == options.IgnoreIndex)
                continue;
            counted.Add(located.Of(position).Sample);
            weight += options.ClassWeights.IsEmpty ? 1 : options.ClassWeights[(int)label];
        }
        if (weight == 0)
            throw new UserErrorException(
                counted.Count == 0
                    ? $"Every label of {names.Data(name)} is ignored ({options.IgnoreIndex}), so the mean is over no labels; give labels "
                        + $"of classes, or --reduction sum."
                    : $"--class-weights gives every label of {names.Data(name)} the weight 0, so the mean is over no weight; give "
                        + $"another weight, or --reduction sum."
            );
        return new LabelTotals(weight, counted.Count);
    }

    /// <summary>
    /// The only axis that leaves the shape of the labels, and along which no samples lie. Where the standard's axis fits by its size, no
    /// other one is taken for it: the layout of the samples may rest on what is usual of inputs, and not on a declaration.
    /// </summary>
    private int AxisOf(Value logits, int[] fitting)
    {
        var shape = ShapeOf(logits);
        if (fitting.Length > 1 && SamplesOf(logits) is { IsSeparate: true, Axis: not CrossEntropy.DefaultAxis } samples)
            fitting = [.. fitting.Where(axis => axis != samples.Axis)];
        return fitting switch
        {
            [var axis] => axis,
            [] => array.Element.IsFloat()
                ? CrossEntropy.DefaultAxis
                : throw new UserErrorException(
                    $"{names.Data(name)} has the shape {Shape}, and cross-entropy of '{logits.Name}' {shape} takes labels "
                        + $"{CrossEntropy.LabelShape(shape, CrossEntropy.DefaultAxis)}, or its shape without another axis of classes; "
                        + $"reshape it."
                ),
            _ when shape.Range(2, shape.Rank).Elements.IsOne => CrossEntropy.DefaultAxis,
            _ => throw new UserErrorException(
                $"{names.Data(name)} {Shape} fits '{logits.Name}' {shape} with classes along axis {string.Join(" or ", fitting)}; say "
                    + $"which with --class-axis."
            ),
        };
    }

    private SampleLayout SamplesOf(Value logits)
    {
        var layouts = InputSamples.Of(sized.Value);
        SampleAnalysis.Run(GraphWalk.Ancestors([logits]), layouts);
        return layouts.GetValueOrDefault(logits);
    }

    /// <summary>The shape of the logits of all data.</summary>
    private TensorShape ShapeOf(Value logits) => batch.ShapeOf(logits.Type.Shape, SamplesOf(logits));

    private CurvatureRequest With(ClassOptions options) => request with { Loss = request.Loss with { Classes = options } };

    /// <summary>Whether the labels have a shape, as far as its sizes are known.</summary>
    private bool Matches(TensorShape shape) =>
        shape.Rank == array.Shape.Length && shape.Zip(array.Shape).All(pair => pair.First.Known is not { } known || known == pair.Second);

    /// <summary>Whether they have it but for axes of size one.</summary>
    private bool Fits(TensorShape shape)
    {
        Dim[] sizes = [.. shape.Where(dim => !dim.IsOne)];
        long[] own = [.. array.Shape.Where(size => size != 1)];
        return Matches(shape)
            || sizes.Length == own.Length && sizes.Zip(own).All(pair => pair.First.Known is not { } known || known == pair.Second);
    }
}
