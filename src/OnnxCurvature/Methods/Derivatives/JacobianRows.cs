using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Paths;
using OnnxCurvature.Methods.Planning;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>
/// The Jacobian ∂z/∂w of the loss's output. Where samples are independent up to z, one pull-back gives a row of every sample; where that is
/// not proven, there is one for each entry of z. Of a target that holds independent samples itself there is a block for each, [N, *zₙ,
/// *xₙ]; else the result is [*z, *w].
/// </summary>
internal sealed class JacobianRows
{
    private readonly SharedDirections _shared = new();
    private readonly GraphBuilder _b;
    private readonly Value _z;
    private readonly Target _target;
    private readonly SamplePullBack _pull;
    private readonly bool _inBlocks;

    /// <summary>Prepares the rows. Throws <see cref="UserErrorException"/> where they cannot be counted.</summary>
    public JacobianRows(ModelGraph model, LossHead head, SampleProof proof, Target target)
    {
        (_b, _z, _target) = (model.Builder, head.Output, target);
        var samples = proof.Of(_z);
        var path = samples.IsSeparate ? TargetPath.Create(model, _z, target, out _) : null;
        if (path is { Separates: true } && path.Refusal(_b) is not null)
            path = null;
        // A part of a target is one of its first axis, which are samples only where these lie along it.
        if (path is not null && target.IsPart && path.LayoutOf(target.Value) is { IsSeparate: true } own && own != SampleLayout.At(0))
            path = null;
        _inBlocks = path is not null && path.LayoutOf(target.Value).IsSeparate;
        _pull = path is not null
            ? new SamplePullBack(_b, _z, path, samples, isMasked: false)
            : new SamplePullBack(_b, _z, TargetPath.Create(model, _z, target, out _, jointly: true)!, SampleLayout.None, isMasked: false);
        Rows =
            _pull.InOutput.OfOne(_z.Type.Shape).Elements.Known
            ?? throw new UserErrorException(
                $"The shape {_z.Type.Shape} of '{_z.Name}' is not fully known, so its rows cannot be counted; give sizes with --dim "
                    + $"NAME=SIZE."
            );
        var whole = proof.Of(target.Value).IsNone ? samples : SampleLayout.Coupled;
        Layout = _inBlocks ? SampleLayout.At(0) : whole;
    }

    /// <summary>Where samples lie in the result.</summary>
    public SampleLayout Layout { get; }

    private long Rows { get; }

    /// <summary>The rows of a sample, or of all of z.</summary>
    public DirectionWork Work() =>
        new(
            _target,
            "vector-Jacobian products",
            $"the rows of the Jacobian of '{_z.Name}', "
                + $"{(_pull.InOutput.IsSeparate ? "pulled back sample by sample" : "a pull-back for each of its entries")}",
            Rows,
            _shared,
            chunkLoop =>
            {
                var unit = OneHotRows.Of(chunkLoop.Body, chunkLoop.Indices, Rows, _z.Type.Element);
                return SamplesFirst.Repeated(chunkLoop.Body, unit, _z.Type.Shape, _pull.InOutput);
            },
            (chunkLoop, directions) =>
            {
                var pulled = _pull.Directions(chunkLoop, directions);
                // [K, N, *w] or, for a block of each sample, [K, N, *xₙ]; cut to the part before chunks are put together.
                var all = _inBlocks ? _pull.WithSamples(chunkLoop.Body, pulled, 1) : pulled;
                if (!_inBlocks && !_pull.IsBySample)
                    all = Reshape.InsertAxis(chunkLoop.Body, pulled, 1);
                var slot = chunkLoop.Collect(_target.RowsOf(chunkLoop.Body, all, _inBlocks ? 1 : 2));
                return () => Placed(TransposeAxes.Move(_b, chunkLoop.Result(slot), 0, 1));
            }
        );

    /// <summary>
    /// The variance of every entry of z, linearized in a weight of independent entries: Σᵢ (∂z/∂wᵢ)² σᵢ². No more than a chunk of rows of
    /// the Jacobian is there at one time.
    /// </summary>
    /// <param name="variances">σ², of the weight's shape.</param>
    public DirectionWork Variance(Value variances) =>
        Work() with
        {
            Description = $"the squares of the rows of the Jacobian of '{_z.Name}', weighed by the variances of the weight",
            Work = (chunkLoop, directions) =>
            {
                var (body, pulled) = (chunkLoop.Body, _pull.Directions(chunkLoop, directions));
                var rows = _pull.IsBySample ? pulled : Reshape.InsertAxis(body, pulled, 1);
                var weighed = Mul.Of(body, Mul.Of(body, rows, rows), variances);
                var axes = Enumerable.Range(2, rows.Type.Rank - 2).Select(axis => (long)axis).ToArray();
                var slot = chunkLoop.Collect(axes.Length == 0 ? weighed : ReduceSum.Of(body, weighed, axes, keepDims: false));
                return () => SamplesFirst.Undo(_b, TransposeAxes.Move(_b, chunkLoop.Result(slot), 0, 1), _z.Type.Shape, _pull.InOutput);
            },
        };

    /// <summary>[N, rows, …] in the shape of the result.</summary>
    private Value Placed(Value rows)
    {
        var (z, samples) = (_z.Type.Shape, _pull.InOutput);
        return _inBlocks
            ? Reshape.To(_b, rows, samples.Behind(z).Concat(_pull.SamplesFirstShape.Remove(0)).Prepend(rows.Type.Shape[0]))
            : SamplesFirst.Undo(_b, rows, z.Concat(_target.ResultType.Shape), samples);
    }
}
