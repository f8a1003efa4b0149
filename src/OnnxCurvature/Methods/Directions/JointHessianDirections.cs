using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// The Hessian of the loss in several values at once, all held independent of one another: unit directions over their entries side by side,
/// and Hessian-vector products with them.
/// </summary>
internal sealed class JointHessianDirections : DirectionSource
{
    private readonly JointCut _cut;
    private readonly ImmutableArray<Value> _directions;
    private readonly ImmutableArray<Value?> _products;

    private JointHessianDirections(JointCut cut, ImmutableArray<Value> directions, ImmutableArray<Value?> products) =>
        (_cut, _directions, _products) = (cut, directions, products);

    /// <inheritdoc/>
    public override Value At => _cut.Joined;

    /// <inheritdoc/>
    public override long Directions => EntriesOf(At, SampleLayout.At(0));

    /// <summary>The directions at a cut; null where the Hessian there is zero.</summary>
    public static JointHessianDirections? Create(GraphBuilder b, Value loss, JointCut cut)
    {
        // With parameters in their place the values do not depend on each other; what is built is taken back to them at the end.
        ImmutableArray<Value> free = [.. cut.Values.Select(value => b.Parameter(value.Type))];
        var from = cut.Values.Zip(free).ToDictionary(pair => pair.First, pair => pair.Second);
        var gradients = b.Gradient(b.Substitute([loss], from)[0], free);
        var known = gradients.OfType<Value>().ToArray();
        if (known.Length == 0)
            return null;
        var tangent = b.Linearize(free, known);
        var back = free.Zip(cut.Values).ToDictionary(pair => pair.First, pair => pair.Second);
        var products = new Queue<Value?>(tangent.Outputs.Select(product => product is null ? null : b.Substitute([product], back)[0]));
        ImmutableArray<Value?> all = [.. gradients.Select(gradient => gradient is null ? null : products.Dequeue())];
        return all.All(product => product is null) ? null : new JointHessianDirections(cut, tangent.Inputs, all);
    }

    /// <inheritdoc/>
    public override DirectionPair DirectionsAt(ChunkLoop chunkLoop)
    {
        var body = chunkLoop.Body;
        var units = chunkLoop.Masked(Units(chunkLoop, At, SampleLayout.At(0)));
        var directions = new Dictionary<Value, Value>();
        long start = 0;
        for (var index = 0; index < _directions.Length; index++)
        {
            var end = start + Entries(index);
            directions[_directions[index]] = JointCut.Unflat(
                body,
                Slice.Of(body, units, 2, start, end),
                _cut.Values[index],
                _cut.Samples[index]
            );
            start = end;
        }
        var made = new Queue<Value?>(body.Batch([.. _products.OfType<Value>()], directions, chunkLoop.ChunkSize));
        var parts = _products
            .Select(
                (product, index) =>
                    product is not null && made.Dequeue() is { } directions
                        ? JointCut.Flat(body, directions, _cut.Samples[index], 1)
                        : Expand.Of(body, body.Scalar(At.Type.Element, 0), [chunkLoop.ChunkSize, At.Type.Shape[0], Entries(index)])
            )
            .ToArray();
        return new DirectionPair(units, Concat.Of(body, parts, 2));
    }

    private long Entries(int index) => EntriesOf(_cut.Values[index], _cut.Samples[index]);
}
