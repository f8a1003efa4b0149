using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Contractions;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Terms;

/// <summary>
/// The same numbers as the square root of the output Hessian gives, by pushing unit tangents forward: with A[o, q] the derivative of the
/// loss's output by entry q of row o after the weight's product, the Gram matrices are G_o = Aₒᵀ (∇²ℓ) Aₒ. One direction for each entry of
/// the rows that are asked for, which is less than one for each class when a few feature maps are.
/// </summary>
internal sealed class ForwardGramTerm : ITerm
{
    /// <summary>The bytes that any process can keep, however little a chunk may take.</summary>
    private const double LeastBytes = 16 << 20;

    private readonly TargetPath _path;
    private readonly LossHead _head;
    private readonly SampleLayout _inOutput;
    private readonly ContractionSite _site;
    private readonly GramContraction _contraction;
    private readonly Func<Value, Value> _place;
    private readonly Value _cut;

    private ForwardGramTerm(
        TargetPath path,
        LossHead head,
        SampleLayout inOutput,
        ContractionSite site,
        PositionSelection? selection,
        Func<Value, Value> place,
        PlanLimits limits
    )
    {
        _path = path;
        _head = head;
        _inOutput = inOutput;
        _site = site;
        _place = place;
        _contraction = new GramContraction(site, selection, limits);
        _cut = selection?.Tangent ?? site.Entry;
        Entries = (selection?.Positions ?? site.Positions).Factor;
        Description = $"forward from the {Entries} entries of each of {site.RowCount} feature maps, {_contraction.Description}";
    }

    /// <inheritdoc/>
    public Target Target => _path.Target;

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public long Directions => Entries * _site.RowCount.Factor;

    /// <inheritdoc/>
    public SharedDirections Shared { get; } = new();

    /// <inheritdoc/>
    public bool IsOfSquares => true;

    /// <inheritdoc/>
    public bool AddsSquares => false;

    private long Entries { get; }

    /// <summary>
    /// The method, or null where the weight does not enter as the rows of a product [N, O, …], or where it needs no fewer directions than
    /// the square root of the output Hessian has.
    /// </summary>
    /// <param name="b">The outer builder.</param>
    /// <param name="path">The path from the weight to the loss's output.</param>
    /// <param name="head">The loss.</param>
    /// <param name="inOutput">Where samples lie in the loss's output; none where there is one.</param>
    /// <param name="entry">How the weight enters.</param>
    /// <param name="limits">The limits of plans.</param>
    public static ForwardGramTerm? Create(
        GraphBuilder b,
        TargetPath path,
        LossHead head,
        SampleLayout inOutput,
        WeightEntry entry,
        PlanLimits limits
    )
    {
        var site = entry.Site;
        if (limits.OneRunForEachChunk || !site.RowsComeFirst || !site.Positions.IsKnown || !site.RowCount.IsKnown)
            return null;
        var method = new ForwardGramTerm(path, head, inOutput, site, PositionSelection.After(b, site), entry.Place, limits);
        // The images of all directions are kept until the last contraction, beside their products with the Hessian and one copy.
        var kept = 3 * method.Directions * limits.Size(head.Output.Type.Shape.Elements) * head.Output.Type.Element.Size();
        return
            kept <= Math.Max(limits.MemoryBytes, LeastBytes)
            && head.Root!.Directions(inOutput).Known is { } directions
            && method.Directions < directions
            ? method
            : null;
    }

    /// <summary>Unit tangents of the entries, the same for every sample: [K, N, rows, …].</summary>
    public DirectionPair MakeDirections(ChunkLoop chunkLoop)
    {
        var shape = _cut.Type.Shape.With(1, _site.RowCount);
        var unit = OneHotRows.Of(chunkLoop.Body, chunkLoop.Indices, Directions, _cut.Type.Element);
        return new DirectionPair(
            Expand.Of(
                chunkLoop.Body,
                Reshape.To(chunkLoop.Body, unit, shape.With(0, 1).Prepend(chunkLoop.ChunkSize)),
                shape.Prepend(chunkLoop.ChunkSize)
            )
        );
    }

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions)
    {
        var outer = chunkLoop.Outer;
        var rows = _site.Rows ?? (0, _site.Outputs.Factor);
        var program = RowRestriction.Of(outer, _cut, _path.Tangent.Outputs[0]!, rows);
        var image = chunkLoop.Body.Batch(
            [program.Outputs[0]!],
            new Dictionary<Value, Value> { [program.Inputs[0]] = directions.Left },
            chunkLoop.ChunkSize
        )[0]!;
        var slot = chunkLoop.Collect(image);
        return () =>
        {
            using var origin = outer.For(Target.CurvatureOrigin);
            return _place(_contraction.Contract(outer, Gram(outer, chunkLoop.Result(slot)), isSloped: false));
        };
    }

    /// <summary>A [rows * Q, N, *z] to the Gram matrices [N, 1, rows, Q, Q] under the Hessian of the loss in z.</summary>
    private Value Gram(GraphBuilder outer, Value images)
    {
        var gradient = outer.Gradient(_head.Loss, [_head.Output])[0]!;
        var product = outer.HessianProduct(gradient, _head.Output);
        var curved = outer.Batch([product.Outputs[0]!], new Dictionary<Value, Value> { [product.Inputs[0]] = images }, Directions)[0]!;
        var left = Grouped(outer, images);
        return Reshape.InsertAxis(outer, MatMul.Of(outer, left, TransposeAxes.Last(outer, Grouped(outer, curved))), 1);
    }

    /// <summary>[rows * Q, N, *z] to [N, rows, Q, z].</summary>
    private Value Grouped(GraphBuilder outer, Value images)
    {
        var first = SamplesFirst.Of(outer, images, _inOutput, 1);
        var shape = first.Type.Shape;
        var split = Reshape.To(outer, first, [_site.RowCount, Entries, shape[1], shape.Product(2, shape.Rank)]);
        return TransposeAxes.Of(outer, split, 2, 0, 1, 3);
    }
}
