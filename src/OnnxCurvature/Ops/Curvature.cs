namespace OnnxCurvature.Ops;

/// <summary>How a node depends on its active inputs, from the least to the most.</summary>
internal enum Curvature
{
    /// <summary>Not at all, almost everywhere: a comparison, rounding, an index.</summary>
    PiecewiseConstant,

    /// <summary>Linearly (or affinely).</summary>
    Linear,

    /// <summary>Linearly on pieces: the second derivative is zero almost everywhere.</summary>
    PiecewiseLinear,

    /// <summary>With a second derivative: the node is a curvature source.</summary>
    Curved,
}
