using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Planning;

/// <summary>
/// Follows the samples of a data set through a model to find whether a value is Σₙ f(xₙ), or 1/N of that. Here xₙ is what sample n has
/// of all inputs, and f is the same for all samples. Only then do batches that are added, or averaged by their share of the samples,
/// give what all samples at once give.
/// </summary>
/// <remarks>
/// This is more than <see cref="SampleProof"/> asks: there, what sample n has may depend on n, and on the number of samples, since
/// neither changes within a run.
/// </remarks>
internal sealed class BatchProof
{
    private readonly Dictionary<Value, State> _states = [];
    private readonly HashSet<string> _symbols;
    private readonly long? _size;

    /// <summary>Follows the samples from the inputs of a model and the loss's target, along the axes on which they lie.</summary>
    /// <param name="model">The model.</param>
    /// <param name="head">The loss on it.</param>
    /// <param name="axes">How the inputs depend on the samples; those that are not among them do not.</param>
    public BatchProof(ModelGraph model, LossHead head, IReadOnlyDictionary<Value, SampleLayout> axes)
    {
        ImmutableArray<Value> inputs = head.Target is { } target ? model.Inputs.Add(target) : model.Inputs;
        Dim[] samples = [.. inputs.Where(input => Layout(input).IsSeparate).Select(input => Layout(input).SamplesOf(input.Type.Shape))];
        _symbols = [.. samples.SelectMany(dim => dim.Symbols).SelectMany(symbol => symbol.Sources)];
        _size = _symbols.Count == 0 ? samples.Select(dim => dim.Known).FirstOrDefault() : null;
        foreach (var input in inputs)
            _states[input] = StateOf(input, Layout(input));
        foreach (var node in GraphWalk.Ancestors([head.Loss, head.Output]))
            Follow(node);

        SampleLayout Layout(Value input) => axes.GetValueOrDefault(input);
    }

    private enum Kind
    {
        /// <summary>Depends neither on the samples nor on their number.</summary>
        Free,

        /// <summary>Depends on the number of samples, and not on what they hold.</summary>
        Count,

        /// <summary>Holds something of every sample, separate from the others, and the same of all.</summary>
        Separate,

        /// <summary>A sum over samples.</summary>
        Sum,

        /// <summary>A mean over samples.</summary>
        Mean,

        /// <summary>None of these is proven.</summary>
        Unproven,
    }

    /// <summary>The number of samples where the model fixes it, else null.</summary>
    public long? Size => _size;

    /// <summary>The weight of batches' results whose sum is a value for all samples; null where none is proven.</summary>
    public BatchWeight? WeightOf(Value value) =>
        Of(value).Kind switch
        {
            Kind.Sum => BatchWeight.Sum,
            Kind.Mean or Kind.Free => BatchWeight.Samples,
            _ => null,
        };

    /// <summary>Whether a value is proven to hold what every sample has of it separate from the others.</summary>
    public bool IsSeparate(Value value) => Of(value).Kind is Kind.Separate or Kind.Free;

    /// <summary>Why nothing is proven of a value, as a clause.</summary>
    public string WhyNot(Value value) =>
        Of(value) switch
        {
            { Reason: { } reason } => reason,
            { Kind: Kind.Count } => $"'{value.Name}' depends on the number of samples",
            _ => $"'{value.Name}' is put together of all samples",
        };

    private State Of(Value value) => _states.GetValueOrDefault(value);

    private State StateOf(Value input, SampleLayout samples)
    {
        if (samples.IsCoupled)
            return Unproven($"the samples of '{input.Name}' are not proven to be independent");
        var others = samples.IsSeparate ? samples.Of(input.Type.Shape, 1) : input.Type.Shape;
        return others.Any(DependsOnSampleCount)
                ? Unproven($"'{input.Name}' {input.Type.Shape} has the number of samples among its other dimensions")
            : samples.IsSeparate ? new State(Kind.Separate, samples)
            : default;
    }

    private void Follow(Node node)
    {
        State[] inputs = [.. node.Inputs.Select(input => input is null ? default : Of(input))];
        var captured = IBodyOperator.HidesCaptures(node) ? node.Bodies.SelectMany(GraphWalk.Captures).Select(Of).ToArray() : [];
        var unproven = inputs.Concat(captured).FirstOrDefault(state => state.Kind == Kind.Unproven);
        var states =
            unproven.Kind == Kind.Unproven ? All(node, unproven)
            : captured.Any(state => state.Kind != Kind.Free) ? All(node, Unproven($"the body of {node} depends on the samples"))
            : Next(node, inputs);
        for (var index = 0; index < node.Outputs.Length; index++)
            _states[node.Outputs[index]] = states[index];
    }

    private State[] Next(Node node, State[] inputs)
    {
        var (isSeparate, isTotal) = (inputs.Any(state => state.Kind == Kind.Separate), inputs.Any(state => state.IsTotal));
        if (isSeparate && isTotal)
            return All(node, Unproven($"{node} puts single samples together with what all of them make"));
        if (node.Rules().DependsOnShapesAlone)
            return [.. node.Outputs.Select(ByShape)];
        return isTotal ? All(node, OfTotals(node, inputs))
            : isSeparate ? OfSeparate(node, inputs)
            : [.. node.Outputs.Select(output => OfNone(node, output, inputs))];
    }

    /// <summary>An output of a node whose inputs hold nothing of the samples; it may be the same for each of them.</summary>
    private State OfNone(Node node, Value output, State[] inputs)
    {
        var axes = Enumerable.Range(0, output.Type.Rank).Where(axis => DependsOnSampleCount(output.Type.Shape[axis])).ToArray();
        if (
            axes is [var axis]
            && output.Type.Shape[axis] is { Factor: 1, Symbols: [var symbol] }
            && IsSampleCount(symbol)
            && node.Rules().IsConstantAlong(node, axis)
            && inputs.Index().All(input => input.Item.Kind == Kind.Free || node.Rules().HoldsSizes(input.Index))
        )
            return new State(Kind.Separate, SampleLayout.At(axis));
        if (inputs.Any(state => state.Kind != Kind.Free))
            return ByShape(output);
        return axes.Length == 0 ? default : new State(Kind.Count);
    }

    /// <summary>A value of shapes alone depends on the number of samples, unless it is known to be something else.</summary>
    private State ByShape(Value output) =>
        output.Contents is { } contents && !contents.Concat(output.Type.Shape).Any(DependsOnSampleCount) ? default : new State(Kind.Count);

    private State[] OfSeparate(Node node, State[] inputs)
    {
        foreach (var (index, state) in inputs.Index())
        {
            if (state.Kind == Kind.Count && !node.Rules().HoldsSizes(index))
                return All(node, Unproven($"{node} computes with the number of samples"));
            if (state.Kind == Kind.Free && node.Inputs[index] is { } value && DiffersBetweenSamples(node, value, inputs))
                return All(node, Unproven($"{node} takes something else of '{value.Name}' for every sample"));
        }
        var axes = new Dictionary<Value, SampleLayout>();
        foreach (var (index, state) in inputs.Index())
            if (state.Kind == Kind.Separate)
                axes[node.Inputs[index]!] = state.Samples;
        try
        {
            SampleAnalysis.Run([node], axes);
        }
        catch (UnsupportedOperatorException exception)
        {
            return All(node, Unproven($"of {node} it is not known what it does with samples: {exception.Message.TrimEnd('.')}"));
        }
        if (node.Operator is CompositeOperator composite && node.Outputs.Any(output => axes.GetValueOrDefault(output).IsCoupled))
            return Inside(composite, node);
        return [.. node.Outputs.Select(OutputState)];

        State OutputState(Value output)
        {
            var samples = axes.GetValueOrDefault(output);
            return samples.IsNone ? ByShape(output)
                : samples.IsSeparate ? StateOf(output, samples)
                : Total(node, inputs);
        }
    }

    /// <summary>The outputs of a node that is made of others.</summary>
    private State[] Inside(CompositeOperator composite, Node node)
    {
        var (outputs, nodes) = composite.Lowered(node);
        foreach (var inner in nodes)
            Follow(inner);
        return
        [
            .. outputs.Select(output =>
                output is null || Of(output) is { Reason: not null } ? Unproven($"{node} may couple samples across the batch") : Of(output)
            ),
        ];
    }

    private static State Total(Node node, State[] inputs) =>
        inputs.Count(state => state.Kind == Kind.Separate) != 1 || inputs[0].Kind != Kind.Separate
            ? Unproven($"{node} may couple samples across the batch")
            : node.Rules().TotalOver(node, inputs[0].Samples.Axis) switch
            {
                SampleTotal.Sum => new State(Kind.Sum),
                SampleTotal.Mean => new State(Kind.Mean),
                _ => Unproven($"{node} may couple samples across the batch"),
            };

    /// <summary>
    /// The kind of a node's result from sums or means: the same again, where it is linear in them, and of a sum only where nothing is
    /// added to it.
    /// </summary>
    private State OfTotals(Node node, State[] inputs)
    {
        if (inputs.Where(state => state.IsTotal).Select(state => state.Kind).Distinct().Count() > 1)
            return Unproven($"{node} puts a sum over samples together with a mean over them");
        var kind = inputs.First(state => state.IsTotal).Kind;
        ImmutableArray<bool> active = [.. inputs.Select(state => state.IsTotal)];
        if (node.Rules().CurvatureIn(node, active) != Curvature.Linear)
            return Unproven($"{node} is not linear in a {(kind == Kind.Sum ? "sum" : "mean")} over samples");
        if (inputs.Any(state => state.Kind == Kind.Count))
            return
                kind == Kind.Sum
                && node.Inputs.Index()
                    .All(input => active[input.Index] || node.Rules().IsDivisor(input.Index) && IsMultipleOfCount(input.Item!))
                ? new State(Kind.Mean)
                : Unproven($"{node} computes with the number of samples");
        return kind == Kind.Mean || node.Rules().IsHomogeneous(node, active)
            ? new State(kind)
            : Unproven($"{node} may add to a sum over samples what no sample has");
    }

    /// <summary>Whether a value is the number of samples, or some number of times that.</summary>
    private bool IsMultipleOfCount(Value value)
    {
        while (value.Contents is null && value.Producer is { Operator: Operator { KeepsNumbers: true } } node)
            value = node.Inputs[0]!;
        return value.Contents is [var count]
            && count.Symbols.Count(IsSampleCount) == 1
            && !count.Symbols.Any(symbol => !IsSampleCount(symbol) && symbol.MayDependOn(_symbols));
    }

    /// <summary>Whether what does not depend on the samples has entries of its own for each of them.</summary>
    private bool DiffersBetweenSamples(Node node, Value value, State[] inputs)
    {
        if (value.Type.Shape.Any(DependsOnSampleCount))
            return true;
        if (_size is not > 1 || !node.Rules().IsElementwise(node))
            return false;
        var shape = value.Type.Shape;
        return inputs
            .Index()
            .Any(input =>
                input.Item.Kind == Kind.Separate
                && input.Item.Samples.Axis - node.Inputs[input.Index]!.Type.Rank + shape.Rank is >= 0 and var axis
                && !shape[axis].IsOne
            );
    }

    private bool DependsOnSampleCount(Dim dim) => dim.MayDependOn(_symbols);

    private bool IsSampleCount(DimSymbol symbol) => !symbol.IsOfData && _symbols.Contains(symbol.Name);

    private static State[] All(Node node, State state) => [.. Enumerable.Repeat(state, node.Outputs.Length)];

    private static State Unproven(string reason) => new(Kind.Unproven, default, reason);

    private readonly record struct State(Kind Kind, SampleLayout Samples = default, string? Reason = null)
    {
        public bool IsTotal => Kind is Kind.Sum or Kind.Mean;
    }
}
