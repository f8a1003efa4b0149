using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Derivatives of ℓₙ, what sample n adds to the loss (N times that for a mean over N samples): gradients for each sample, the empirical
/// Fisher matrix, diagonals for each sample, and estimates over drawn targets.
/// </summary>
internal sealed class SampleDerivatives
{
    private readonly GraphBuilder _b;
    private readonly LossHead _head;
    private readonly TargetPath _path;
    private readonly Target _target;
    private readonly bool _mixed;

    /// <summary>
    /// Prepares a target. Where samples are not proven to be separate, a weight's pull-backs are taken for every sample by itself, as long as the loss tells samples apart
    /// and their number is known. Throws <see cref="UserErrorException"/> where they cannot, naming <paramref name="quantity"/>.
    /// </summary>
    public SampleDerivatives(ModelGraph model, LossHead head, Target target, Quantity quantity)
    {
        (_b, _head, _target) = (model.Builder, head, target);
        var obstacle = head.Factor is null && head.Output.Type.Shape.Elements.IsOne && model.Inputs.Any(input => input.Type.Rank > 0 && !input.Type.Shape[0].IsOne)
            ? $"the loss '{head.Output.Name}' is one number, in which samples cannot be told apart"
            : null;
        var path = obstacle is null ? TargetPath.Create(model, head.Output, target, out obstacle) : null;
        if (path is not null && target.IsPart && path.AxisOf(target.Value) is { IsSeparate: true } along && along != SampleAxis.At(0))
            obstacle = $"a part of it is asked for, and its samples lie along axis {along.Axis}, and not along the first by themselves";
        else if (path is { Separates: true } && path.Refusal(_b) is { } refusal)
            (path, obstacle) = (null, refusal);
        if (path is null && head.Factor is not null && Samples.IsKnown && head.Output.Type.Rank > 0 && TargetSamples.Of(model, [target])[0].IsNone)
        {
            path = TargetPath.Create(model, head.Output, target, out obstacle, together: true);
            _mixed = true;
        }
        _path = path is not null && obstacle is null ? path
            : throw new UserErrorException($"The {quantity.Name()} of '{target.Name}' cannot be computed, because {obstacle}; give one sample (--batch-size 1 or --dim), or another loss or target.");
    }

    /// <summary>Whether the target itself holds something for each sample.</summary>
    public bool IsOfSamples => Lie.IsSeparate;

    /// <summary>The path from the target to z.</summary>
    public TargetPath Path => _path;

    /// <summary>How the samples lie in the target.</summary>
    private SampleAxis Lie => _path.AxisOf(_target.Value);

    /// <summary>The number of samples.</summary>
    private Dim Samples => _head.Output.Type.Rank > 0 ? _head.Output.Type.Shape[0] : 1;

    /// <summary>What a sample's share of the loss is multiplied by to be ℓₙ: N for a mean, 1 for a sum.</summary>
    private Value Scale => _head.Reduction != BatchWeight.Samples ? _b.Scalar(Element, 1)
        : Samples.Known is { } known ? _b.Scalar(Element, known)
        : Cast.Of(_b, Reshape.To(_b, Dims.ToValue(_b, Samples), TensorShape.Scalar), Element);

    private ElementType Element => _target.Value.Type.Element;

    /// <summary>∂ℓₙ/∂w, [N, *result].</summary>
    public Value Gradient() => Sliced(_b, WithSamples(_b, WholeGradient(), 0), 1);

    /// <summary>(∂ℓₙ/∂w)², [N, *result].</summary>
    public Value Squares()
    {
        var gradient = Gradient();
        return Mul.Of(_b, gradient, gradient);
    }

    /// <summary>The empirical Fisher matrix: one column, the gradient in z.</summary>
    public PlannedQuantity Fisher(PlanLimits limits)
    {
        var factor = new GradientFactor(_b.Gradient(_head.Loss, [_head.Output])[0]!, Scale);
        var term = new PullBackMethod(_b, _path, _mixed ? new CoupledFactorColumns(_head.Output, factor) : new LossFactorColumns(_head.Output, factor), Contractions.WeightEntry.Find(_b, _path), limits);
        return new PlannedQuantity(_target, [Quantity.FisherDiagonal], "gradients, squared", $"the samples' own gradients at the given targets, squared and added; {term.Description}", [term], [], []);
    }

    /// <summary>The mean, and its standard error, of squared pull-backs of gradients at drawn targets.</summary>
    public ProbeMean Drawn(OutputDraws draws, CurvatureRequest request, bool fisher, string name)
    {
        var isMean = request.Reduction == Reduction.Mean;
        var weight = Means.Weight(_b, fisher ? draws.Terms.Range(0, 1) : draws.Terms, Element, request.Reduction, 1);
        if (fisher && isMean && draws.Terms.Rank > 1)
        {
            var each = Means.Weight(_b, draws.Terms.Range(1, draws.Terms.Rank), Element, Reduction.Mean, 1);
            weight = Mul.Of(_b, weight, Mul.Of(_b, each, each));
        }
        return Sampled(name, request.Probes, draws.Columns, weight,
            $"an unbiased estimate: squared pull-backs of gradients at {request.Probes} targets drawn from the model's distribution (seed {request.Seed})");
    }

    /// <summary>The mean, and its standard error, of squared pull-backs of random columns [K, *z], times a weight.</summary>
    public ProbeMean Sampled(string name, int probes, Func<ColumnStage, Value> columns, Value weight, string reason) =>
        new(_target, name, reason, probes, columns, Contribution, weight);

    /// <summary>Σ_c (Jₙᵀ s_nc)² for each sample, from the columns of the loss's factor.</summary>
    public ColumnWork FactorDiagonal(LossFactor factor, string reason) => new ColumnWork(_target, "loss factor, per sample", reason, factor.Columns, this,
        stage => stage.Masked(factor.ColumnsAt(stage.Body, stage.Indices)),
        (stage, columns) =>
        {
            var slot = stage.Accumulate(ReduceSum.Of(stage.Body, Squared(stage, columns), [0], keepDims: false));
            return () => Sliced(stage.Outer, Mul.Of(stage.Outer, Mul.Of(stage.Outer, factor.Weight, Scale), WithSamples(stage.Outer, stage.Result(slot), 0)), 1);
        });

    /// <summary>∂²ℓₙ/∂wᵢ² for each sample, from the derivative of the samples' gradients along every entry.</summary>
    public ColumnWork ProductDiagonal(string reason)
    {
        var unit = new UnitColumns(_target, Lie);
        var product = _b.Linearize([_target.Value], [WholeGradient()]);
        return new ColumnWork(_target, "Hessian-vector products, per sample", reason, unit.Count, this, unit.Make, (stage, columns) =>
        {
            if (product.Outputs[0] is not { } direction)
                return () => Expand.Of(_b, _b.Scalar(Element, 0), Result);
            var products = stage.Body.Batch([direction], new Dictionary<Value, Value> { [product.Inputs[0]] = columns }, stage.ChunkSize)[0]!;
            // [K, N, *w], and the columns [K, N, *w] or, of weights, [K, 1, *w].
            products = WithSamples(stage.Body, products, 1);
            var against = IsOfSamples ? WithSamples(stage.Body, columns, 1) : Reshape.InsertAxis(stage.Body, columns, 1);
            var entries = ReduceSum.Of(stage.Body, Mul.Of(stage.Body, products, against), Enumerable.Range(2, products.Type.Rank - 2).Select(axis => (long)axis), keepDims: false);
            var slot = stage.Collect(entries);
            return () =>
            {
                var all = TransposeAxes.Of(_b, stage.Result(slot), 1, 0);
                return IsOfSamples ? Sliced(_b, Reshape.To(_b, all, First), 0) : Reshape.To(_b, all, Result);
            };
        });
    }

    /// <summary>∂z/∂w: the rows of each sample's z, [N, *z, *w].</summary>
    public ColumnWork Jacobian()
    {
        var z = _head.Output.Type.Shape;
        var rows = z.Rank == 0 ? 1 : z.Product(1, z.Rank).Known
            ?? throw new UserErrorException($"The shape {z} of '{_head.Output.Name}' is not fully known, so its rows cannot be counted; give sizes with --dim NAME=SIZE.");
        return new ColumnWork(_target, "vector-Jacobian products", $"the rows of the Jacobian of '{_head.Output.Name}', pulled back sample by sample", rows, this,
            stage =>
            {
                var unit = OneHotRows.Of(stage.Body, stage.Indices, rows, Element);
                return Expand.Of(stage.Body, Reshape.To(stage.Body, unit, z.Rank == 0 ? TensorShape.Of([stage.ChunkSize]) : z.With(0, 1).Prepend(stage.ChunkSize)), z.Prepend(stage.ChunkSize));
            },
            (stage, columns) =>
            {
                // [K, N, *w], cut to the part before chunks are put together.
                var all = WithSamples(stage.Body, Pulled(stage, columns), 1);
                var slot = stage.Collect(_target.IsPart ? Slice.Of(stage.Body, all, IsOfSamples ? 1 : 2, _target.Start, _target.End) : all);
                return () =>
                {
                    var part = TransposeAxes.Move(_b, stage.Result(slot), 0, 1);
                    return Reshape.To(_b, part, IsOfSamples
                        ? z.With(0, part.Type.Shape[0]).Concat(First.Remove(0))
                        : z.Concat(_target.ResultType.Shape));
                };
            });
    }

    private TensorShape Result => !IsOfSamples ? _target.ResultType.Shape.Prepend(Samples) : _target.IsPart ? _target.ResultType.Shape : First;

    /// <summary>The shape of a target that holds samples, with these along the first axis: of an axis that they have to themselves nothing is left behind it.</summary>
    private TensorShape First => _target.Value.Type.Shape is var shape && Lie.IsWhole
        ? shape.Remove(Lie.Axis).Prepend(shape[Lie.Axis])
        : Lie.Of(shape, 1).Prepend(Lie.SamplesOf(shape));

    /// <summary>∂ℓₙ/∂w for the whole of the target, [N, *w]; [*w] where that holds the samples itself, or there is one sample.</summary>
    private Value WholeGradient()
    {
        var inOutput = Mul.Of(_b, _b.Gradient(_head.Loss, [_head.Output])[0]!, Scale);
        if (_mixed)
            return Reshape.To(_b, PulledApart(_b, _b, Reshape.InsertAxis(_b, inOutput, 0)), _target.Value.Type.Shape.Prepend(Samples));
        var program = _path.Separates ? _path.Separated(_b) : _path.Tangent;
        return program.Transpose(_b, [inOutput])[0]!;
    }

    /// <summary>Pull-backs with an axis of samples, before the target's own axes: that of a single sample, where they have none, or that of the target's samples.</summary>
    private Value WithSamples(GraphBuilder b, Value value, int axis) => Apart ? value
        : !IsOfSamples ? Reshape.InsertAxis(b, value, axis)
        : Reshape.To(b, SamplesFirst.Of(b, value, Lie, axis), value.Type.Shape.Range(0, axis).Concat(First));

    /// <summary>Whether pull-backs have an axis of samples.</summary>
    private bool Apart => _path.Separates || _mixed;

    /// <summary>Columns [K, *z] of which every sample's part is pulled back by itself through a path on which samples may mix: [K, N, *w].</summary>
    private Value PulledApart(GraphBuilder outer, GraphBuilder body, Value columns)
    {
        var (z, count) = (_head.Output.Type.Shape, columns.Type.Shape[0]);
        var positions = body.Constant(Tensor.Of(ElementType.Int64, [Samples.Factor], [.. Enumerable.Range(0, checked((int)Samples.Factor)).Select(sample => (long)sample)]));
        var mask = Reshape.To(body, OneHotRows.Of(body, positions, Samples.Factor, Element), TensorShape.Of([.. Enumerable.Repeat(1L, z.Rank)]).With(0, Samples).Prepend(Samples));
        var spread = Reshape.To(body, Mul.Of(body, Reshape.InsertAxis(body, columns, 1), mask), z.Prepend(count * Samples));
        var pulled = _path.Pull(outer, body, _path.Tangent.Inputs[0], _path.Tangent.Outputs[0]!, spread);
        return Reshape.To(body, pulled, _target.Value.Type.Shape.Prepend(Samples).Prepend(count));
    }

    private Value Pulled(ColumnStage stage, Value columns)
    {
        if (_mixed)
            return PulledApart(stage.Outer, stage.Body, columns);
        var program = _path.Separates ? _path.Separated(stage.Outer) : _path.Tangent;
        return _path.Pull(stage.Outer, stage.Body, program.Inputs[0], program.Outputs[0]!, columns);
    }

    private Value Squared(ColumnStage stage, Value columns)
    {
        var pulled = Pulled(stage, columns);
        return Mul.Of(stage.Body, pulled, pulled);
    }

    /// <summary>Squares, added over samples, of the part that is asked for: [K, …].</summary>
    private Value Contribution(ColumnStage stage, Value columns)
    {
        var squares = Squared(stage, columns);
        if (Apart)
            squares = ReduceSum.Of(stage.Body, squares, [1], keepDims: false);
        return _target.IsPart ? Slice.Of(stage.Body, squares, 1, _target.Start, _target.End) : squares;
    }

    /// <summary>The part that is asked for of a value [N, *w], as [N, *result].</summary>
    private Value Sliced(GraphBuilder b, Value value, int axis)
    {
        if (!_target.IsPart)
            return value;
        return Reshape.To(b, Slice.Of(b, value, IsOfSamples ? 0 : axis, _target.Start, _target.End), Result);
    }

    /// <summary>The gradient in z as the only column.</summary>
    private sealed class GradientFactor(Value gradient, Value weight) : LossFactor
    {
        public override long Columns => 1;

        public override Value Weight => weight;

        public override string Formula => "∂ℓ/∂z";

        public override Value ColumnsAt(GraphBuilder b, Value indices) => Expand.Of(b, Reshape.InsertAxis(b, gradient, 0), gradient.Type.Shape.Prepend(indices.Type.Shape[0]));
    }
}
