using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Transforms;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>
/// The Hessian of the loss by some weights at once, as a linear map: ∇²L v for a vector v over all entries of all of them. One product
/// takes about as long as a few gradients, however many weights there are.
/// </summary>
internal sealed class HessianProduct : IDisposable
{
    private readonly RepeatedRun _run;

    private HessianProduct(RepeatedRun run, ImmutableArray<string> weights, ImmutableArray<int> sizes)
    {
        _run = run;
        Weights = weights;
        Sizes = sizes;
    }

    /// <summary>The weights.</summary>
    public ImmutableArray<string> Weights { get; }

    /// <summary>The number of entries of each.</summary>
    public ImmutableArray<int> Sizes { get; }

    /// <summary>About how long one product takes over all data, in seconds of a processor.</summary>
    public double Seconds => _run.Seconds;

    /// <summary>
    /// Compiles the product. Throws <see cref="UserErrorException"/> or UnsupportedModelException for what has no derivative.
    /// </summary>
    public static HessianProduct Create(SettledRun settled, CurvatureRunOptions options, ImmutableArray<string> weights)
    {
        ImmutableArray<int> sizes = [];
        var run = RepeatedRun.Create(settled, options, averages: null, Build);
        return new HessianProduct(run, weights, sizes);

        (ImmutableArray<Value>, ImmutableArray<Value>) Build(ModelGraph graph, LossHead head)
        {
            var b = graph.Builder;
            var values = Target.Resolve(graph, weights).Select(target => target.Value).ToArray();
            sizes = [.. values.Select(value => checked((int)value.Type.Shape.Elements.Factor))];
            var gradients = b.Gradient(head.Loss, values);
            // A gradient that is zero has no row in the map.
            var rows = gradients.OfType<Value>().ToArray();
            var product = b.Linearize(values, rows);
            var at = 0;
            var outputs = values.Zip(gradients, (value, gradient) => Row(b, value, gradient is null ? null : product.Outputs[at++]));
            return (product.Inputs, [.. outputs]);
        }
    }

    /// <summary>∇²L v, weight by weight. Throws <see cref="UserErrorException"/> where an entry is not finite.</summary>
    public ImmutableArray<double[]> Times(IReadOnlyList<double[]> v, CancellationToken cancellation) => _run.Run(v, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _run.Dispose();

    private static Value Row(GraphBuilder b, Value weight, Value? row) =>
        row ?? Expand.Of(b, b.Scalar(weight.Type.Element, 0), weight.Type.Shape);
}
