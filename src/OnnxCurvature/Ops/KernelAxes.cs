namespace OnnxCurvature.Ops;

/// <summary>Which axes of a weight count the channels of the node that takes it. Further axes are those of the kernel's window.</summary>
/// <param name="Output">The axis of the channels that the node makes.</param>
/// <param name="Input">The axis of the channels that the node takes, those of one group where there are several.</param>
/// <param name="Data">The axis of the node's other factor along which the channels lie that the node takes.</param>
internal readonly record struct KernelAxes(int Output, int Input, int Data);
