using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Families;

namespace OnnxCurvature.Ops.Elementwise;

/// <summary>The least of all inputs, under broadcasting.</summary>
internal sealed class Min : ExtremeElementwise
{
    /// <summary>The least of two values.</summary>
    public static Value Of(GraphBuilder b, Value x, Value y) => Catalogue.Get<Min>().Apply(b, [x, y]).Output;

    /// <inheritdoc/>
    protected override double Function(ReadOnlySpan<double> elements)
    {
        var extreme = elements[0];
        foreach (var element in elements)
            extreme = Math.Min(extreme, element);
        return extreme;
    }
}
