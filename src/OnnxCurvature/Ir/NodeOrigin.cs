namespace OnnxCurvature.Ir;

/// <summary>
/// The purpose of nodes that are not of the model itself: a node of the model, of which they are the derivative, or a purpose.
/// </summary>
/// <param name="Text">That for people, which also names nodes in files.</param>
/// <param name="IsLoss">Whether the nodes compute a loss of the library's own from the output of a model.</param>
internal sealed record NodeOrigin(string Text, bool IsLoss = false)
{
    /// <summary>A loss of the library's own.</summary>
    public static NodeOrigin Loss { get; } = new("loss", IsLoss: true);

    /// <summary>A node: that which it is for, or else the node itself.</summary>
    public static NodeOrigin Of(Node node) => node.Origin ?? new NodeOrigin(node.ToString());

    /// <inheritdoc/>
    public override string ToString() => Text;
}

/// <summary>Gives a builder back the origin that it had before <see cref="GraphBuilder.For(NodeOrigin?)"/>.</summary>
internal readonly struct OriginScope(GraphBuilder builder, NodeOrigin? before) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => builder.Restore(before);
}
