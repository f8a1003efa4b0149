using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Directions;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Terms;

/// <summary>A way to compute one quantity of one target, or a term of it, from directions.</summary>
internal interface ITerm
{
    /// <summary>The target.</summary>
    Target Target { get; }

    /// <summary>How the directions are put together, for the plan.</summary>
    string Description { get; }

    /// <summary>The number of directions.</summary>
    long Directions { get; }

    /// <summary>The directions that terms share which have the same ones here.</summary>
    SharedDirections Shared { get; }

    /// <summary>Whether the result is a sum of squares.</summary>
    bool IsOfSquares => false;

    /// <summary>Whether nothing cancels between what is added up.</summary>
    bool AddsSquares => IsOfSquares;

    /// <summary>Adds the method's work to a chunk loop.</summary>
    /// <param name="chunkLoop">The chunk loop.</param>
    /// <param name="directions">The directions [K, *z] that terms share, made by <see cref="MakeDirections"/>.</param>
    /// <returns>Builds the result after the chunk loop is closed: a value of the target's result type.</returns>
    Func<Value> Build(ChunkLoop chunkLoop, DirectionPair directions);

    /// <summary>Makes a chunk's directions in the body of a chunk loop.</summary>
    DirectionPair MakeDirections(ChunkLoop chunkLoop);
}
