using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>An operator with bodies, which is evaluated together with what they capture.</summary>
public interface IBodyOperator
{
    /// <summary>Whether what the bodies capture is among the node's inputs, so that the rules of the operator see it.</summary>
    bool ListsCaptures { get; }

    /// <summary>The outputs, given the values of the program around the node.</summary>
    ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values);
}
