namespace OnnxCurvature.Ops;

/// <summary>How an operator uses a floating-point constant of the model.</summary>
internal enum ConstantRole
{
    /// <summary>As a weight: what training may change, such as the kernel of a convolution, a bias or an embedding.</summary>
    Weight,

    /// <summary>As a part of a formula: a factor such as 1/√2, an ε, a bound, a mask, or statistics that were gathered before.</summary>
    Formula,

    /// <summary>
    /// As a single number, which may be either: a weight where the file keeps it among its parameters, and it is none of the numbers that
    /// formulas have.
    /// </summary>
    Number,

    /// <summary>As its output is used, which holds the same elements in another form.</summary>
    Forwarded,
}
