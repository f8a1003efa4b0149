namespace OnnxCurvature.Ops;

/// <summary>
/// How a kernel of ONNX Runtime's CPU provider uses a processor, measured with 1.32: relative to one that does its operations as fast as a
/// large matrix product, reads its inputs and writes its outputs once, and is divided over all threads. Only the times of a plan, and
/// whether chunks run side by side, follow from it.
/// </summary>
/// <param name="Arithmetic">How many times as long an operation takes.</param>
/// <param name="Traffic">How many times as long it takes to read the inputs and to write the outputs.</param>
/// <param name="Besides">Entries that are written and read besides.</param>
/// <param name="OnOneThread">Whether one thread does all of it.</param>
internal readonly record struct KernelUse(double Arithmetic = 1, double Traffic = 1, double Besides = 0, bool OnOneThread = false)
{
    /// <summary>A kernel that is divided, reads once and writes once.</summary>
    public static KernelUse Plain { get; } = new(1);
}
