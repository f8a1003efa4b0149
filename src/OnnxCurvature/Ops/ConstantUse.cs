namespace OnnxCurvature.Ops;

/// <summary>How engines that lack <see cref="EngineGaps.SharedConstants"/> read a constant that is an input of a node.</summary>
internal enum ConstantUse
{
    /// <summary>As a layer of its own, which nodes share.</summary>
    Operand,

    /// <summary>As a parameter of the node's layer, and it must be no layer beside that.</summary>
    Parameter,

    /// <summary>As a layer or a parameter of its own, which no other node has.</summary>
    Alone,
}
