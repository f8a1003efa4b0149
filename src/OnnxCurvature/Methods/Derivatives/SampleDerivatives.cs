using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
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
/// Fisher matrix, diagonals for each sample, and estimates over sampled targets.
/// </summary>
internal sealed class SampleDerivatives
{
    private readonly SharedDirections _shared = new();
    private readonly GraphBuilder _b;
    private readonly LossHead _head;
    private readonly Target _target;
    private readonly SamplePullBack _pull;

    /// <summary>
    /// Prepares a target. Where samples are not proven to be separate, a weight's pull-backs are taken for every sample by itself, as long
    /// as the loss distinguishes samples and their number is known. Throws <see cref="UserErrorException"/> where they cannot, naming
    /// <paramref name="quantity"/>.
    /// </summary>
    public SampleDerivatives(ModelGraph model, LossHead head, SampleProof proof, Target target, Quantity quantity)
    {
        (_b, _head, _target) = (model.Builder, head, target);
        if (proof.Place is not { } place)
            throw new UserErrorException(
                $"The {quantity.Name()} of '{target.Name}' cannot be computed, because {Unknown(head.Output)}; give --samples-axis "
                    + $"INPUT=AXIS or another loss."
            );
        var obstacle = proof.InOutput.IsCoupled ? $"the samples of '{head.Output.Name}' are not proven to be independent" : null;
        var path = obstacle is null ? TargetPath.Create(model, head.Output, target, out obstacle) : null;
        if (path is not null && target.IsPart && path.LayoutOf(target.Value) is { IsSeparate: true } along && along != SampleLayout.At(0))
            obstacle = $"a part of it is asked for, and its samples lie along axis {along.Axis}, and not along the first by themselves";
        else if (path is { Separates: true } && path.Refusal(_b) is { } refusal)
            (path, obstacle) = (null, refusal);
        var isMasked =
            path is null
            && head.Root is not null
            && proof.Of(target.Value).IsNone
            && place.IsSeparate
            && place.SamplesOf(head.Output.Type.Shape).IsKnown;
        if (isMasked)
            path = TargetPath.Create(model, head.Output, target, out obstacle, jointly: true);
        if (path is null || obstacle is not null)
            throw new UserErrorException(
                $"The {quantity.Name()} of '{target.Name}' cannot be computed, because {obstacle}; give one sample (--batch-size 1 or "
                    + $"--dim), or another loss or target."
            );
        _pull = new SamplePullBack(_b, head.Output, path, place, isMasked);
    }

    /// <summary>The pull-backs to the target.</summary>
    public SamplePullBack PullBack => _pull;

    private bool IsOfSamples => _pull.IsOfSamples;

    /// <summary>The number of samples.</summary>
    private Dim Samples => _pull.Samples;

    /// <summary>
    /// The factor that makes ℓₙ of a sample's share of the loss: 1 for a sum; for a mean N, without the samples of which every label is
    /// ignored.
    /// </summary>
    private Value Scale =>
        _head.Classes?.Samples is { } ofAll ? _b.Scalar(Element, ofAll)
        : _head.Reduction != BatchWeight.Samples ? _b.Scalar(Element, 1)
        : _head.Classes?.Counted is { } counted ? CountedSamples(counted)
        : Samples.Known is { } known ? _b.Scalar(Element, known)
        : Cast.Of(_b, Reshape.To(_b, Dims.ToValue(_b, Samples), TensorShape.Scalar), Element);

    /// <summary>The number of samples that have a row that counts.</summary>
    private Value CountedSamples(Value counted)
    {
        var terms = _head.InTerms(_pull.InOutput);
        var first = terms.IsSeparate ? SamplesFirst.Of(_b, counted, terms) : counted;
        var rows = Reshape.To(_b, first, [Samples, terms.OfOne(counted.Type.Shape).Elements]);
        return ReduceSum.All(_b, ReduceMax.Of(_b, rows, [1], keepDims: false));
    }

    private ElementType Element => _target.Value.Type.Element;

    /// <summary>∂ℓₙ/∂w, [N, *result].</summary>
    public Value Gradient() => Sliced(_b, _pull.WithSamples(_b, WholeGradient(), 0), 1);

    /// <summary>(∂ℓₙ/∂w)², [N, *result].</summary>
    public Value Squares()
    {
        var gradient = Gradient();
        return Mul.Of(_b, gradient, gradient);
    }

    /// <summary>The empirical Fisher matrix: one direction, the gradient in z.</summary>
    public PlannedQuantity Fisher(PlanLimits limits)
    {
        var gradient = _b.Gradient(_head.Loss, [_head.Output])[0]!;
        var directions = new GradientDirections(_head.Output, gradient, Scale, _pull.IsMasked ? _pull.InOutput : null);
        var term = new PullBackTerm(_b, _pull.Path, directions, Contractions.WeightEntry.Find(_b, _pull.Path), limits);
        return new PlannedQuantity(
            _target,
            [Quantity.FisherDiagonal],
            "gradients, squared",
            $"the samples' own gradients at the given targets, squared and added; {term.Description}",
            [term],
            [],
            []
        );
    }

    /// <summary>The mean, and its standard error, of squared pull-backs of gradients at sampled targets.</summary>
    public ProbeMean Sampled(OutputSampling sampling, CurvatureRequest request, bool fisher, string name)
    {
        if (fisher && _head.Classes?.NoLikelihood is { } reason)
            throw new UserErrorException(
                $"The fisher-diagonal-mc of '{_target.Name}' sampling labels from the model, and {reason}; ask for ggn-diagonal or "
                    + $"fisher-diagonal."
            );
        var terms = sampling.Terms;
        if (_head.Classes?.RowWeights is not null)
            return Sampled(name, request.Probes, sampling.Directions, fisher ? Squared(_head.Root!.Weight) : _head.Root!.Weight, Reason());
        var weight = Means.Weight(_b, fisher ? [Samples] : terms, Element, request.Reduction, 1);
        // ℓₙ is a mean over the terms of a sample, which come in the place of one sample among all terms.
        var one = _head.InTerms(_pull.InOutput).OfOne(terms);
        if (fisher && request.Reduction == Reduction.Mean && !one.Elements.IsOne)
        {
            var each = Means.Weight(_b, one, Element, Reduction.Mean, 1);
            weight = Mul.Of(_b, weight, Mul.Of(_b, each, each));
        }
        return Sampled(name, request.Probes, sampling.Directions, weight, Reason());

        Value Squared(Value mean) => Mul.Of(_b, Scale, Mul.Of(_b, mean, mean));

        string Reason() =>
            $"an unbiased estimate: squared pull-backs of gradients at {request.Probes} targets sampled from the model's distribution "
            + $"(seed {request.Seed})";
    }

    /// <summary>The mean, and its standard error, of squared pull-backs of random directions [K, *z], times a weight.</summary>
    public ProbeMean Sampled(string name, int probes, Func<ChunkLoop, Value> directions, Value weight, string reason) =>
        new(_target, name, reason, probes, directions, Contribution, weight);

    /// <summary>Σ_c (Jₙᵀ s_nc)² for each sample, from the directions of the square root of the output Hessian.</summary>
    public DirectionWork RootDiagonal(OutputHessianRoot root, string reason) =>
        new DirectionWork(
            _target,
            "square root of the output Hessian, per sample",
            reason,
            new RootDirections(_head.Output, root, _pull.InOutput).Directions,
            _shared,
            chunkLoop => chunkLoop.Masked(root.DirectionsAt(chunkLoop.Outer, chunkLoop.Body, chunkLoop.Indices, _pull.InOutput)),
            (chunkLoop, directions) =>
            {
                var slot = chunkLoop.Accumulate(ReduceSum.Of(chunkLoop.Body, Squared(chunkLoop, directions), [0], keepDims: false));
                return () =>
                    Sliced(
                        chunkLoop.Outer,
                        Mul.Of(
                            chunkLoop.Outer,
                            Mul.Of(chunkLoop.Outer, root.Weight, Scale),
                            _pull.WithSamples(chunkLoop.Outer, chunkLoop.Result(slot), 0)
                        ),
                        1
                    );
            }
        );

    /// <summary>
    /// (J eᵢ)ᵀ ∇²ℓₙ (J eᵢ) for each sample, from a forward product for each entry, where the target has fewer entries than the square root
    /// of the output Hessian has directions; else null. A sample's share is taken in the output, so nothing before need be separate.
    /// </summary>
    public DirectionWork? ForwardDiagonal(OutputHessianRoot root, string reason)
    {
        var unit = new UnitDirections(_target, _pull.InTarget);
        if (root.Directions(_pull.InOutput).Known is not { } directions || unit.Count >= directions)
            return null;
        var tangent = _b.Linearize([_target.Value], [_head.Output]);
        return new DirectionWork(
            _target,
            "forward products, per sample",
            reason,
            unit.Count,
            _shared,
            unit.Make,
            (chunkLoop, directions) =>
            {
                if (tangent.Outputs[0] is not { } image)
                    return () => Expand.Of(_b, _b.Scalar(Element, 0), Result);
                var body = chunkLoop.Body;
                var images = body.Batch([image], new Dictionary<Value, Value> { [tangent.Inputs[0]] = directions }, chunkLoop.ChunkSize)[
                    0
                ]!;
                var projected = root.Project(chunkLoop.Outer, body, images);
                // [K, N, *zₙ]
                var squares = SamplesFirst.Of(body, Mul.Of(body, projected, projected), _pull.InOutput, 1);
                var shape = squares.Type.Shape;
                var flat = Reshape.To(body, squares, [shape[0], shape[1], shape.Product(2, shape.Rank)]);
                var slot = chunkLoop.Collect(ReduceSum.Of(body, flat, [2], keepDims: false));
                return () => Placed(Mul.Of(_b, Mul.Of(_b, root.Weight, Scale), chunkLoop.Result(slot)));
            }
        );
    }

    /// <summary>∂²ℓₙ/∂wᵢ² for each sample, from the derivative of the samples' gradients along every entry.</summary>
    public DirectionWork ProductDiagonal(string reason)
    {
        var unit = new UnitDirections(_target, _pull.InTarget);
        var product = _b.Linearize([_target.Value], [WholeGradient()]);
        return new DirectionWork(
            _target,
            "Hessian-vector products, per sample",
            reason,
            unit.Count,
            _shared,
            unit.Make,
            (chunkLoop, directions) =>
            {
                if (product.Outputs[0] is not { } direction)
                    return () => Expand.Of(_b, _b.Scalar(Element, 0), Result);
                var products = chunkLoop.Body.Batch(
                    [direction],
                    new Dictionary<Value, Value> { [product.Inputs[0]] = directions },
                    chunkLoop.ChunkSize
                )[0]!;
                // [K, N, *w], and the directions [K, N, *w] or, of weights, [K, 1, *w].
                products = _pull.WithSamples(chunkLoop.Body, products, 1);
                var against = IsOfSamples
                    ? _pull.WithSamples(chunkLoop.Body, directions, 1)
                    : Reshape.InsertAxis(chunkLoop.Body, directions, 1);
                var entries = ReduceSum.Of(
                    chunkLoop.Body,
                    Mul.Of(chunkLoop.Body, products, against),
                    Enumerable.Range(2, products.Type.Rank - 2).Select(axis => (long)axis),
                    keepDims: false
                );
                var slot = chunkLoop.Collect(entries);
                return () => Placed(chunkLoop.Result(slot));
            }
        );
    }

    /// <summary>Numbers [entries, N] at the places of the entries in a result.</summary>
    private Value Placed(Value numbers)
    {
        var all = TransposeAxes.Of(_b, numbers, 1, 0);
        return IsOfSamples ? Sliced(_b, Reshape.To(_b, all, First), 0) : Reshape.To(_b, all, Result);
    }

    private TensorShape Result =>
        !IsOfSamples ? _target.ResultType.Shape.Prepend(Samples)
        : _target.IsPart ? _target.ResultType.Shape
        : First;

    private TensorShape First => _pull.SamplesFirstShape;

    /// <summary>∂ℓₙ/∂w for the whole of the target, [N, *w]; [*w] where that holds the samples itself, or there is one sample.</summary>
    private Value WholeGradient() => _pull.Whole(Mul.Of(_b, _b.Gradient(_head.Loss, [_head.Output])[0]!, Scale));

    private static string Unknown(Value output) =>
        output.Type.Shape.Elements.IsOne
            ? $"the loss '{output.Name}' is one number, in which samples cannot be distinguished"
            : $"it is not known which entries of '{output.Name}' {output.Type.Shape} belong to which sample";

    private Value Squared(ChunkLoop chunkLoop, Value directions)
    {
        var pulled = _pull.Directions(chunkLoop, directions);
        return Mul.Of(chunkLoop.Body, pulled, pulled);
    }

    /// <summary>Squares, added over samples, of the part that is asked for: [K, …].</summary>
    private Value Contribution(ChunkLoop chunkLoop, Value directions)
    {
        var squares = Squared(chunkLoop, directions);
        if (_pull.IsBySample)
            squares = ReduceSum.Of(chunkLoop.Body, squares, [1], keepDims: false);
        return _target.RowsOf(chunkLoop.Body, squares, 1);
    }

    /// <summary>The part that is asked for of a value [N, *w], as [N, *result].</summary>
    private Value Sliced(GraphBuilder b, Value value, int axis)
    {
        if (!_target.IsPart)
            return value;
        return Reshape.To(b, _target.RowsOf(b, value, IsOfSamples ? 0 : axis), Result);
    }
}
