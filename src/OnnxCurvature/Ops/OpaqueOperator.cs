using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// An operator, or a form of one, that the catalogue does not have. A node of it is kept as the file has it, and only what a
/// runtime says of its types is known.
/// </summary>
/// <param name="name">The name.</param>
/// <param name="domain">The domain; empty for ai.onnx.</param>
/// <param name="opset">The opset of the domain in the file, of which the nodes are.</param>
/// <param name="reason">One sentence that says why the catalogue does not have it.</param>
internal sealed class OpaqueOperator(string name, string domain, int opset, string reason) : Operator
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Domain => domain;

    /// <summary>The opset of the domain in the file.</summary>
    public int Opset => opset;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(OperatorCall call) => throw Unsupported();

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(Node node, ImmutableArray<Tensor?> inputs) => throw Unsupported();

    /// <inheritdoc/>
    public override Curvature CurvatureIn(Node node, ImmutableArray<bool> active) => Curvature.Curved;

    /// <inheritdoc/>
    public override ImmutableArray<Value?> Linearize(GraphBuilder b, Node node, ImmutableArray<Value?> dx) => throw Unsupported();

    /// <inheritdoc/>
    public override ImmutableArray<Value> Batch(
        GraphBuilder b,
        Node node,
        ImmutableArray<Value?> inputs,
        ImmutableArray<bool> batched,
        Dim directions
    ) => throw Unsupported();

    /// <inheritdoc/>
    public override ImmutableArray<SampleLayout> Samples(Node node, ImmutableArray<SampleLayout> inputs) =>
        [.. node.Outputs.Select(_ => SampleLayout.Coupled)];

    /// <summary>Why the catalogue does not have it.</summary>
    public string Reason => reason;

    /// <summary>A node of ai.onnx is only known to mean what it says in the opset of the file, or a later one.</summary>
    public override int MinimumOpset(Node node) => domain.Length == 0 ? Math.Max(13, opset) : 13;

    private UnsupportedOperatorException Unsupported() => new(reason);
}
