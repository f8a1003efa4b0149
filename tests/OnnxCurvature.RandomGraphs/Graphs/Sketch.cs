namespace OnnxCurvature.RandomGraphs.Graphs;

/// <summary>A value of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Layout">Where samples lie in it.</param>
internal sealed record Sketch(string Name, Layout Layout)
{
    public int Rank => Layout.Rank;

    public int[] Shape => Layout.Shape;

    /// <summary>The axes that hold no samples.</summary>
    public int[] PlainAxes => [.. Enumerable.Range(0, Rank).Where(axis => !Layout.HoldsSamples(axis))];
}
