using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>An operator with bodies, which is evaluated together with what they capture.</summary>
internal interface IBodyOperator
{
    /// <summary>How many outputs a body has before those that become outputs of the node: the condition of going on, if there is
    /// one.</summary>
    int OutputsBefore { get; }

    /// <summary>How many inputs the bodies of a node in a file take.</summary>
    /// <param name="inputs">How many inputs the node has.</param>
    /// <param name="opset">The opset of the file.</param>
    int BodyInputs(int inputs, int opset);

    /// <summary>Whether what the bodies of a node capture is among its inputs, so that the rules of the operator see it.</summary>
    bool ListsCaptures(Node node);

    /// <summary>The inputs of a node that lists captures, once its bodies are those of <paramref name="attributes"/>.</summary>
    ImmutableArray<Value?> WithCaptures(ImmutableArray<Value?> inputs, Attributes attributes);

    /// <summary>The outputs, given the values of the program around the node.</summary>
    ImmutableArray<Tensor> EvaluateWithin(Node node, IDictionary<Value, Tensor> values);

    /// <summary>The states that the body of a node carries on to the next iteration: which parameter and which output they are.</summary>
    ImmutableArray<(int Parameter, int Output)> StatesOf(Node node);

    /// <summary>How often the body of a node runs, where that is known before anything runs; null where it is not.</summary>
    Dim? IterationsOf(Node node);

    /// <summary>The outputs of a node that a runtime holds a second time while it puts them together.</summary>
    IEnumerable<Value> HeldTwice(Node node);

    /// <summary>Whether what a body computes must stay in it, since it may be what must not be done where the body is not taken.</summary>
    bool IsConditional { get; }

    /// <summary>Whether a node has bodies whose captures its own rules do not see.</summary>
    internal static bool HidesCaptures(Node node) => node.Operator is not IBodyOperator op || !op.ListsCaptures(node);
}
