using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>A way to put the diagonal together from directions.</summary>
internal interface IContraction
{
    /// <summary>How it is done, for the plan.</summary>
    string Description { get; }

    /// <summary>
    /// Whether squares of sums over positions are put together from the products of pairs of positions, which may cancel. Sums that are
    /// squared themselves have cancelled before.
    /// </summary>
    bool MultipliesPairs => false;

    /// <summary>
    /// Adds the work on a chunk of directions [K, *z] to a chunk loop; the result builds the diagonal [G, rows, J] after the chunk loop is
    /// closed.
    /// </summary>
    Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions);
}
