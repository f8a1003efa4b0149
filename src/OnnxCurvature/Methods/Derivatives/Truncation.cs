using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The square root of the output Hessian of cross-entropy with the directions √p_c (e_c − p) of the most likely classes of each sample
/// only. Each direction adds a square, so what is kept is a lower bound. Of the others, random sums Σ ε_c √p_c (e_c − p) with signs ε are
/// squared, whose mean is what was left out.
/// </summary>
internal sealed class Truncation
{
    private const string Method = "truncated square root of the output Hessian";

    private readonly GraphBuilder _b;
    private readonly CurvatureRequest _request;
    private readonly LossHead _head;
    private readonly ProbeSeed _seed;
    private readonly int _kept;
    private readonly long _classes;
    private readonly Value _probabilities;
    private readonly Value _order;

    /// <summary>
    /// Keeps <see cref="CurvatureRequest.KeptClasses"/> classes. Throws <see cref="UserErrorException"/> for a loss other than
    /// cross-entropy of logits [N, C].
    /// </summary>
    public Truncation(GraphBuilder b, CurvatureRequest request, LossHead head, ProbeSeed seed)
    {
        _b = b;
        _request = request;
        _head = head;
        _seed = seed;
        _probabilities = Probabilities(b, request, head);
        _classes = _probabilities.Type.Shape[1].Factor;
        _kept = (int)Math.Min(request.KeptClasses!.Value, _classes);
        _order = Catalogue.Get<TopK>().Apply(b, [_probabilities, b.Vector(_kept)], Attributes.Empty.With("axis", 1L), 2).Outputs[1];
    }

    /// <summary>Gives the standard error of a mean of random directions.</summary>
    public Func<Quantity, ProbeMean, DirectionWork> Error { get; init; } = (_, mean) => mean.StandardError;

    /// <summary>softmax(z), [N, C], from which the number of classes to keep is found.</summary>
    public static Value Probabilities(GraphBuilder b, CurvatureRequest request, LossHead head) =>
        request.Loss.Kind == LossKind.CrossEntropy && head is { Output.Type.Rank: 2, ClassAxis: 1 }
            ? Softmax.Of(b, head.Output, 1)
            : throw new UserErrorException(
                "--tolerance leaves out the least likely classes, so it needs --loss cross-entropy of logits [N, C]; leave it out."
            );

    /// <summary>The lower bound, the estimate with the sampled remainder, and its standard error.</summary>
    public IEnumerable<PlannedQuantity> Of(
        SampleDerivatives samples,
        Target target,
        Quantity lower,
        Quantity estimate,
        Quantity error,
        PlanLimits limits
    )
    {
        var (root, pull) = (new KeptRoot(this), samples.PullBack);
        if (pull.IsMasked || _head.Root!.Directions(pull.InOutput) != _classes)
            throw new UserErrorException(
                $"--tolerance needs independent samples with one row of '{_head.Output.Name}' {_head.Output.Type.Shape} each; leave it out."
            );
        var bound = new PullBackTerm(
            _b,
            pull.Path,
            new RootDirections(_head.Output, root, pull.InOutput),
            WeightEntry.Find(_b, pull.Path),
            limits
        );
        var rest = samples.Sampled(
            Method,
            _request.Probes,
            Remainder,
            root.Weight,
            $"an unbiased estimate: to the lower bound is added the mean of {_request.Probes} squared pull-backs of random sums over "
                + $"the other classes (seed {_request.Seed})"
        );
        yield return new PlannedQuantity(
            target,
            [lower],
            Method,
            $"a lower bound: squared pull-backs of the directions of the {_kept} most likely of {_classes} classes of each sample",
            [bound],
            [],
            []
        );
        yield return new PlannedQuantity(target, [estimate], Method, rest.Mean.Description, [bound, rest.Mean], [], []);
        var errors = Error(error, rest);
        yield return new PlannedQuantity(target, [error], Method, errors.Description, [errors], [], []);
    }

    /// <summary>Random sums of the directions that are left out, [K, N, C].</summary>
    private Value Remainder(ChunkLoop chunkLoop)
    {
        var (b, element) = (chunkLoop.Body, _probabilities.Type.Element);
        var roots = Mul.Of(_b, new Expr(_b, _probabilities).Through<Sqrt>(), 1 - new Expr(_b, Kept(element)));
        var signs = Reshape.InsertAxis(b, SeededNumbers.Signs(b, chunkLoop.Indices, _classes, _seed, element), 1);
        var own = Mul.Of(b, signs, roots);
        return chunkLoop.Masked(Weighted(b, Sub.Of(b, own, Mul.Of(b, ReduceSum.Of(b, own, [2], keepDims: true), _probabilities))));
    }

    /// <summary>Directions [K, N, C], each row times the root of its weight.</summary>
    private Value Weighted(GraphBuilder b, Value directions) =>
        _head.Classes!.RowWeights is { } rows
            ? Mul.Of(b, directions, Reshape.InsertAxis(_b, new Expr(_b, rows).Through<Sqrt>(), 1))
            : directions;

    /// <summary>1 for the classes of each sample whose directions are kept, else 0: [N, C].</summary>
    private Value Kept(ElementType element) => ReduceSum.Of(_b, OneHotRows.Of(_b, _order, _classes, element), [1], keepDims: false);

    private sealed class KeptRoot(Truncation truncation) : OutputHessianRoot
    {
        public override Dim Directions(SampleLayout samples) => truncation._kept;

        public override Value Weight => truncation._head.Root!.Weight;

        public override string Formula => "√p_c (e_c − p)";

        public override Value DirectionsAt(GraphBuilder outer, GraphBuilder b, Value indices, SampleLayout samples)
        {
            // The class of each direction in each sample, [K, N].
            var classes = TransposeAxes.Of(b, Gather.Of(b, truncation._order, indices, 1), 1, 0);
            var unit = OneHotRows.Of(b, classes, truncation._classes, truncation._probabilities.Type.Element);
            var own = ReduceSum.Of(b, Mul.Of(b, unit, truncation._probabilities), [2], keepDims: true);
            var directions = Mul.Of(b, new Expr(b, own).Through<Sqrt>(), Sub.Of(b, unit, truncation._probabilities));
            return truncation.Weighted(b, directions);
        }

        public override Value Project(GraphBuilder outer, GraphBuilder b, Value tangents) =>
            Mul.Of(b, truncation._head.Root!.Project(outer, b, tangents), truncation.Kept(tangents.Type.Element));
    }
}
