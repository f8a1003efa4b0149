using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>A simpler form of a node with the same outputs.</summary>
/// <param name="Same">A value that equals the node's only output; null where a node of its operator is needed.</param>
/// <param name="Inputs">The inputs of a node of the same operator.</param>
/// <param name="Attributes">The attributes of that node.</param>
internal sealed record SimplerNode(Value? Same, ImmutableArray<Value?> Inputs, Attributes Attributes);
