using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Builds all quantities but the loss, the gradient and the two exact diagonals, which the planner chooses ways for: products with
/// directions that the caller feeds, Jacobians and Hessians, what belongs to single samples, and estimates.
/// </summary>
internal sealed class DerivativeBuilder
{
    private readonly ModelGraph _model;
    private readonly CurvatureRequest _request;
    private readonly PlanLimits _limits;
    private readonly LossHead _head;
    private readonly SampleProof _proof;
    private readonly SampleBlocks _blocks;
    private readonly Dictionary<Target, JacobianRows> _jacobians = [];
    private readonly ProbeSeed _seed;
    private readonly Dictionary<string, Value> _inputs = new(StringComparer.Ordinal);
    private readonly List<string> _notes = [];
    private readonly HashSet<string> _moments = [];
    private Truncation? _truncation;

    /// <summary>
    /// A builder for a request. Throws <see cref="UserErrorException"/> where an estimate is asked for that cannot be made.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The request.</param>
    /// <param name="limits">The limits of plans.</param>
    /// <param name="head">The loss.</param>
    /// <param name="proof">Where samples lie.</param>
    /// <param name="batch">The number of the batch, where every batch has random numbers of its own; else null.</param>
    public DerivativeBuilder(ModelGraph model, CurvatureRequest request, PlanLimits limits, LossHead head, SampleProof proof, Value? batch)
    {
        _model = model;
        _request = request;
        _limits = limits;
        _head = head;
        _proof = proof;
        _seed = new ProbeSeed(request.Seed, batch);
        _blocks = new SampleBlocks(head, proof);
        EstimateRequest.Check(request, limits);
        _notes.AddRange(EstimateRequest.Notes(request));
    }

    /// <summary>The results of each target, in order.</summary>
    public IEnumerable<Quantity> Results => _request.ResultsOfTargets();

    /// <summary>Where samples lie in what the program takes and computes.</summary>
    public PlanLayouts LayoutsOf(IReadOnlyCollection<Target> targets) =>
        new ResultLayouts(_model, _request, _head, _proof, _blocks, target => Jacobian(target).Layout).Of(targets);

    /// <summary>Whether a quantity is asked for and is not estimated.</summary>
    public bool IsExact(Quantity quantity) => _request.Quantities.Contains(quantity) && _request.ResultsOf(quantity).Contains(quantity);

    /// <summary>Directions and cotangents: inputs that the model does not have.</summary>
    public IEnumerable<Value> Inputs => _inputs.Values;

    /// <summary>Notes for the user, one sentence each.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whether standard errors are given as <see cref="ProbeMean.Moments"/>, where they follow from these.</summary>
    public bool GivesMoments { get; init; }

    /// <summary>The names of the standard errors that are given so.</summary>
    public IReadOnlySet<string> Moments => _moments;

    /// <summary>The quantities of a target that are one value each.</summary>
    public IEnumerable<(Quantity Quantity, Value Value)> Values(Target target, Value gradient)
    {
        foreach (var quantity in _request.Quantities)
        {
            var value = Single(quantity, target, gradient);
            if (value is not null)
                yield return (quantity, value);
        }
    }

    /// <summary>A quantity of a target; null for one that is built otherwise.</summary>
    private Value? Single(Quantity quantity, Target target, Value gradient)
    {
        using var origin = _model.Builder.For($"{quantity.Name()} of '{target.Name}'");
        return quantity switch
        {
            Quantity.PerSampleGradient => Samples(target, quantity).Gradient(),
            Quantity.PerSampleFisherDiagonal => Samples(target, quantity).Squares(),
            Quantity.Hvp => Products(target, gradient).Along(Direction(target)),
            Quantity.GradientOfGradient => Products(target, gradient).RowSums(),
            Quantity.Jvp => Jvp(target),
            Quantity.Vjp => Vjp(target),
            _ => null,
        };
    }

    /// <summary>The quantities of a target that are made of directions.</summary>
    public IEnumerable<PlannedQuantity> Methods(Target target, Value gradient)
    {
        foreach (var quantity in _request.Quantities)
            switch (quantity)
            {
                case Quantity.FisherDiagonal:
                    yield return Samples(target, quantity).Fisher(_limits);
                    break;
                case Quantity.PerSampleHessianDiagonal or Quantity.PerSampleGgnDiagonal:
                    yield return Planned(quantity, Diagonal(target, quantity));
                    break;
                case Quantity.Jacobian:
                    yield return Planned(quantity, Jacobian(target).Work());
                    break;
                case Quantity.Hessian:
                    yield return Planned(quantity, Products(target, gradient).Hessian(_blocks.Of(target)));
                    break;
                case Quantity.HessianDiagonal or Quantity.GgnDiagonal when _request.Tolerance is not null:
                    foreach (var planned in Truncated(target, quantity))
                        yield return planned;
                    break;
                case Quantity.Laplacian:
                    yield return Planned(quantity, Products(target, gradient).Laplacian(_blocks.Of(target)));
                    break;
                case Quantity.FisherDiagonalMonteCarlo:
                    var sampled = Samples(target, quantity)
                        .Sampled(
                            new OutputSampling(_model.Builder, _request, _head, _seed, quantity.Name()),
                            _request,
                            fisher: true,
                            "Monte Carlo"
                        );
                    yield return Planned(Quantity.FisherDiagonalEstimate, sampled.Mean);
                    yield return Planned(Quantity.FisherDiagonalStandardError, Error(Quantity.FisherDiagonalStandardError, sampled));
                    break;
                case Quantity.GgnDiagonal when _request.Estimator == Estimator.GgnMonteCarlo:
                    var squares = Samples(target, quantity)
                        .Sampled(
                            new OutputSampling(_model.Builder, _request, _head, _seed, "--method ggn-mc"),
                            _request,
                            fisher: false,
                            _request.Estimator.Name()
                        );
                    yield return Planned(Quantity.GgnDiagonalEstimate, squares.Mean);
                    yield return Planned(Quantity.GgnDiagonalStandardError, Error(Quantity.GgnDiagonalStandardError, squares));
                    break;
                case Quantity.HessianDiagonal when _request.Estimator == Estimator.Hutchinson:
                    var probes = Products(target, gradient).Hutchinson(_request, _seed);
                    yield return Planned(Quantity.HessianDiagonalEstimate, probes.Mean);
                    yield return Planned(Quantity.HessianDiagonalStandardError, Error(Quantity.HessianDiagonalStandardError, probes));
                    break;
                case Quantity.HessianDiagonal when _request.Estimator == Estimator.XDiag:
                    var leftOut = new LeaveOneOutDiagonal(_model.Builder, target, Products(target, gradient), _request, _seed, _limits);
                    yield return Planned(Quantity.HessianDiagonalEstimate, leftOut.Mean);
                    yield return Planned(Quantity.HessianDiagonalStandardError, leftOut.StandardError);
                    break;
                case Quantity.HessianDiagonal when _request.Estimator.IsOnePass():
                    yield return OnePass(target);
                    break;
            }
    }

    /// <summary>The blocks of every two targets, where they are asked for.</summary>
    public IEnumerable<PlannedQuantity> Pairs(ImmutableArray<Target> targets, ImmutableArray<Value> gradients)
    {
        foreach (var pair in _request.Pairs(targets))
        {
            var ofBoth = (gradients[targets.IndexOf(pair.First)], gradients[targets.IndexOf(pair.Second)]);
            yield return Planned(
                Quantity.CrossHessian,
                new CrossHessian(_model.Builder, pair, ofBoth, _blocks.Of(pair) ?? (SampleLayout.None, SampleLayout.None), _limits).Work()
            );
        }
    }

    private IEnumerable<PlannedQuantity> Truncated(Target target, Quantity quantity)
    {
        if (quantity == Quantity.HessianDiagonal && CurvedBetween(target) is { } curved)
            throw new UserErrorException(
                $"--tolerance bounds the hessian-diagonal of '{target.Name}' only where the loss alone has a second derivative, and "
                    + $"{curved} has one; ask for ggn-diagonal, or leave it out."
            );
        var truncation = _truncation ??= new Truncation(_model.Builder, _request, _head, _seed) { Error = Error };
        return quantity == Quantity.HessianDiagonal
            ? truncation.Of(
                Samples(target, quantity),
                target,
                Quantity.HessianDiagonalLowerBound,
                Quantity.HessianDiagonalEstimate,
                Quantity.HessianDiagonalStandardError,
                _limits
            )
            : truncation.Of(
                Samples(target, quantity),
                target,
                Quantity.GgnDiagonalLowerBound,
                Quantity.GgnDiagonalEstimate,
                Quantity.GgnDiagonalStandardError,
                _limits
            );
    }

    private Node? CurvedBetween(Target target)
    {
        var from = new HashSet<Value> { target.Value };
        return CurvatureAnalysis
            .Run(GraphWalk.Between(from, [_head.Output]), from)
            .FirstOrDefault(found => found.Curvature == Curvature.Curved)
            .Node;
    }

    private PlannedQuantity OnePass(Target target)
    {
        var b = _model.Builder;
        using var origin = b.For($"{_request.Estimator.Name()} of '{target.Name}'");
        var whole = new DiagonalRecursion(b, _head, _request).Of(target);
        var part = target.PartOf(b, whole);
        return new PlannedQuantity(
            target,
            [Quantity.HessianDiagonalEstimate],
            _request.Estimator.Name(),
            "a biased estimate without a standard error: second derivatives passed back once, with all that is not on the diagonal left "
                + "out on the way",
            [],
            [part],
            []
        );
    }

    private DirectionWork Error(Quantity error, ProbeMean mean)
    {
        if (!GivesMoments)
            return mean.StandardError;
        var moments = mean.Moments;
        _moments.Add(error.OutputName(moments.Target.Name));
        return moments;
    }

    private static PlannedQuantity Planned(Quantity quantity, DirectionWork work) =>
        new(work.Target, [quantity], work.Name, work.Description, [work], [], []);

    private SampleDerivatives Samples(Target target, Quantity quantity) => new(_model, _head, _proof, target, quantity);

    private ProductDerivatives Products(Target target, Value gradient)
    {
        var products = new ProductDerivatives(_model.Builder, target, gradient, _limits);
        if (products.IsZero)
            _notes.Add($"Nothing between '{target.Name}' and the loss has a second derivative, so the Hessian is zero.");
        return products;
    }

    private JacobianRows Jacobian(Target target)
    {
        if (!_jacobians.TryGetValue(target, out var rows))
            _jacobians[target] = rows = new JacobianRows(_model, _head, _proof, target);
        return rows;
    }

    /// <summary>
    /// A diagonal for each sample: from the square root of the output Hessian where the loss is the only source of curvature, or for
    /// Gauss–Newton; else by products.
    /// </summary>
    private DirectionWork Diagonal(Target target, Quantity quantity)
    {
        var samples = Samples(target, quantity);
        if (quantity == Quantity.PerSampleGgnDiagonal)
        {
            var root =
                _head.Root
                ?? throw new UserErrorException(
                    $"The {quantity.Name()} of '{target.Name}' cannot be computed, because no square root of the loss's Hessian in its "
                        + $"output is known; take a loss of the tool's own with --loss."
                );
            return samples.ForwardDiagonal(
                    root,
                    "the Gauss–Newton matrix of each sample is taken of the image of every entry in the output"
                )
                ?? samples.RootDiagonal(root, $"the Gauss–Newton matrix of each sample is the sum of squared pull-backs of {root.Formula}");
        }
        return _head.Root is { } squareRoot && CurvedBetween(target) is null
            ? samples.RootDiagonal(
                squareRoot,
                $"no node between '{target.Value.Name}' and '{_head.Output.Name}' has a second derivative, so the diagonal of each "
                    + $"sample is the sum of squared pull-backs of {squareRoot.Formula}"
            )
            : samples.ProductDiagonal("the derivative of each sample's gradient along every entry is exact for any graph");
    }

    private Value Direction(Target target) => Input(VectorInput.Direction(target).Name, target.ResultType);

    private Value Jvp(Target target)
    {
        var b = _model.Builder;
        var program = b.Linearize([target.Value], [_head.Output]);
        return program.Outputs[0] is null
            ? throw new UserErrorException($"'{_head.Output.Name}' does not depend on '{target.Name}'; name a value that it depends on.")
            : Reshape.To(
                b,
                b.Batch(
                    [program.Outputs[0]!],
                    new Dictionary<Value, Value>
                    {
                        [program.Inputs[0]] = Reshape.InsertAxis(b, target.PadToWhole(b, Direction(target)), 0),
                    },
                    1
                )[0]!,
                _head.Output.Type.Shape
            );
    }

    private Value Vjp(Target target)
    {
        var b = _model.Builder;
        var cotangent = Input(VectorInput.Cotangent(target).Name, _head.Output.Type);
        var pulled =
            b.Linearize([target.Value], [_head.Output]).Transpose(b, [cotangent])[0]
            ?? throw new UserErrorException($"'{_head.Output.Name}' does not depend on '{target.Name}'; name a value that it depends on.");
        return target.PartOf(b, pulled);
    }

    private Value Input(string name, TensorType type)
    {
        if (_model.Values.ContainsKey(name))
            throw new UserErrorException(
                $"The model has a value '{name}' of its own, which is the name of an input that is added; rename it in the model."
            );
        if (!_inputs.TryGetValue(name, out var input))
            _inputs[name] = input = _model.Builder.Parameter(type, name);
        return input;
    }
}
