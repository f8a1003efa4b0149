using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Methods.Terms;

namespace OnnxCurvature.Methods.Derivatives;

/// <summary>A method on directions, put together from functions.</summary>
/// <param name="Target">The target.</param>
/// <param name="Name">The method's name, for the plan.</param>
/// <param name="Description">One sentence: what the result is, and why.</param>
/// <param name="Directions">The number of directions.</param>
/// <param name="Shared">The directions that terms share which have the same ones here.</param>
/// <param name="Make">Makes a chunk's directions.</param>
/// <param name="Work">Adds the work to a chunk loop; what it returns builds the result after the chunk loop is closed.</param>
internal sealed record DirectionWork(
    Target Target,
    string Name,
    string Description,
    long Directions,
    SharedDirections Shared,
    Func<ChunkLoop, Value> Make,
    Func<ChunkLoop, Value, Func<Value>> Work
) : ITerm
{
    /// <inheritdoc/>
    public DirectionPair MakeDirections(ChunkLoop chunkLoop) => new(Make(chunkLoop));

    /// <inheritdoc/>
    public Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions) => Work(chunkLoop, directions.Left);
}
