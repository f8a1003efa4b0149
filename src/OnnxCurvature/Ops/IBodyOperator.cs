using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>An operator with bodies, which is evaluated together with what they capture.</summary>
internal interface IBodyOperator
{
    /// <summary>Whether what the bodies of a node capture is among its inputs, so that the rules of the operator see it.</summary>
    bool ListsCaptures(Node node);

    /// <summary>The inputs of a node that lists captures, once its bodies are those of <paramref name="attributes"/>.</summary>
    ImmutableArray<Value?> WithCaptures(ImmutableArray<Value?> inputs, Attributes attributes);

    /// <summary>The outputs, given the values of the program around the node.</summary>
    ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values);

    /// <summary>Whether a node has bodies whose captures its own rules do not see.</summary>
    internal static bool HidesCaptures(Node node) => node.Operator is not IBodyOperator op || !op.ListsCaptures(node);
}
