using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Logic;
using OnnxCurvature.Ops.Normalization;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// Gradients in z of the loss at targets that are sampled from the distribution of which the loss is the negative logarithm: classes from
/// softmax(z) for cross-entropy, 0 or 1 from σ(z) for binary cross-entropy, and normal numbers around z of variance 1/2 for (z − t)². The
/// mean of their outer products is the Hessian of the loss in z (Martens, 2020).
/// </summary>
internal sealed class OutputSampling
{
    private readonly GraphBuilder _outer;
    private readonly CurvatureRequest _request;
    private readonly LossHead _head;
    private readonly Value _z;
    private readonly ProbeSeed _seed;

    /// <summary>
    /// Samples for a loss. Throws <see cref="UserErrorException"/> for one that is no negative logarithm of a distribution.
    /// </summary>
    public OutputSampling(GraphBuilder outer, CurvatureRequest request, LossHead head, ProbeSeed seed, string what)
    {
        _outer = outer;
        _request = request;
        _head = head;
        _z = head.Output;
        _seed = seed;
        if (request.Loss.Kind is LossKind.Sum or LossKind.Value)
            throw new UserErrorException(
                $"{what} samples targets from the model's distribution, and --loss {LossRequest.Name(request.Loss.Kind)} has none; "
                    + $"give cross-entropy, binary-cross-entropy or mse."
            );
        if (request.Loss.PositiveTensor is not null)
            throw new UserErrorException(
                $"{what} samples targets from the model's distribution, and with --pos-weight the loss is no likelihood; leave it out."
            );
        Terms = head.Terms;
    }

    /// <summary>The shape of the terms that the loss adds up: the samples first.</summary>
    public TensorShape Terms { get; }

    /// <summary>The directions of a chunk, [K, *z], without the weight of a mean.</summary>
    public Value Directions(ChunkLoop chunkLoop)
    {
        var b = chunkLoop.Body;
        using var origin = b.For("targets sampled from the model");
        return chunkLoop.Masked(
            _request.Loss.Kind switch
            {
                LossKind.CrossEntropy => Classes(b, chunkLoop.Indices),
                LossKind.BinaryCrossEntropy => Bits(b, chunkLoop.Indices),
                _ => Normals(b, chunkLoop.Indices) * Math.Sqrt(2),
            }
        );
    }

    private Value Classes(GraphBuilder b, Value directions)
    {
        var (shape, element, axis) = (_z.Type.Shape, _z.Type.Element, _head.ClassAxis!.Value);
        var p = Softmax.Of(_outer, _z, axis);
        var upTo = Catalogue.Get<CumSum>().Apply(_outer, [p, _outer.Scalar(ElementType.Int64, axis)]).Output;
        var u = Reshape.To(b, Uniform(b, directions, 0), shape.With(axis, 1).Prepend(directions.Type.Shape[0]));
        var below = Cast.Of(b, LessOrEqual.Of(b, upTo, u), ElementType.Int64);
        // Rounding may leave the last sum below 1.
        var last = b.Scalar(ElementType.Int64, shape[axis].Factor - 1);
        var sampled = Min.Of(b, ReduceSum.Of(b, below, [axis + 1], keepDims: false), last);
        var unit = TransposeAxes.Move(b, OneHotRows.Of(b, sampled, shape[axis].Factor, element), shape.Rank, axis + 1);
        var slopes = Sub.Of(b, p, unit);
        return _head.Classes!.RowWeights is { } weights
            ? Mul.Of(b, slopes, Reshape.InsertAxis(_outer, new Expr(_outer, weights).Through<Sqrt>(), axis))
            : slopes;
    }

    private Value Bits(GraphBuilder b, Value directions)
    {
        var sigmoid = new Expr(_outer, _z).Through<Sigmoid>();
        var u = Reshape.To(b, Uniform(b, directions, 0), _z.Type.Shape.Prepend(directions.Type.Shape[0]));
        return Sub.Of(b, sigmoid, Cast.Of(b, Less.Of(b, u, sigmoid), _z.Type.Element));
    }

    /// <summary>Standard normal numbers by the transform of Box and Muller.</summary>
    private Expr Normals(GraphBuilder b, Value directions)
    {
        var radius = (-2 * Uniform(b, directions, 0).Through<Log>()).Through<Sqrt>();
        var normals = radius * (Uniform(b, directions, 1) * (2 * Math.PI)).Through<Cos>();
        return normals.With(Reshape.To(b, normals, _z.Type.Shape.Prepend(directions.Type.Shape[0])));
    }

    private Expr Uniform(GraphBuilder b, Value directions, int stream) =>
        SeededNumbers.Uniform(
            b,
            directions,
            SeededNumbers.Positions(_outer, Terms.Elements),
            _seed with
            {
                Number = 2 * _seed.Number + stream,
            },
            _z.Type.Element
        );
}
