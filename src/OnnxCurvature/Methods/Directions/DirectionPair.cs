using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Building;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Methods.Directions;

/// <summary>
/// A chunk of directions of a symmetric form Σ_c a_c b_cᵀ, each of shape [K, *s]. A weight's diagonal is Σ_c (Jᵀ a_c) ⊙ (Jᵀ b_c).
/// </summary>
/// <param name="Left">The directions a.</param>
/// <param name="Right">The directions b; null where these are a, or multiples of it.</param>
/// <param name="Scale">Where b is a multiple of a in every sample: the factors [K, N], so that one pull-back does for both sides.</param>
internal readonly record struct DirectionPair(Value Left, Value? Right = null, Value? Scale = null)
{
    /// <summary>Maps both sides linearly, sample by sample; once where they are multiples.</summary>
    public DirectionPair Select(Func<Value, Value> map) => new(map(Left), Right is null ? null : map(Right), Scale);

    /// <summary>
    /// The pair with b as a value of its own where it is a multiple; of what is behind the directions' axis the samples lie as
    /// <paramref name="samples"/> says.
    /// </summary>
    public DirectionPair Resolved(GraphBuilder b, SampleLayout samples)
    {
        if (Scale is null)
            return this;
        return new DirectionPair(
            Left,
            Mul.Of(b, Left, SamplesFirst.AlongSamples(b, Scale, Left.Type.Shape.Range(1, Left.Type.Rank), samples))
        );
    }

    /// <summary>The entrywise product a ⊙ b of a pair without a scale.</summary>
    public Value Product(GraphBuilder b) => Mul.Of(b, Left, Right ?? Left);
}
