using System.Collections.Immutable;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Tests.Laws;

/// <summary>The role of an input of a sample.</summary>
internal enum InputRole
{
    /// <summary>A parameter with respect to which derivatives are taken.</summary>
    Active,

    /// <summary>A parameter without a derivative: indices, a condition, a running mean.</summary>
    Fixed,

    /// <summary>A constant of the program: a shape, axes, a size.</summary>
    Constant,

    /// <summary>An optional input that is left out.</summary>
    Absent,
}

/// <summary>An input of a sample.</summary>
/// <param name="Value">Its elements; for an absent input any tensor.</param>
/// <param name="Role">Its role in the laws.</param>
internal sealed record SampleInput(Tensor Value, InputRole Role)
{
    /// <summary>A floating-point tensor is active, any other is a constant.</summary>
    public static implicit operator SampleInput(Tensor value) =>
        new(value, value.Element.IsFloat() ? InputRole.Active : InputRole.Constant);
}

/// <summary>
/// One application of an operator, at which the laws are tried. At its inputs, and within 0.05 around them, the operator must
/// have no kink.
/// </summary>
/// <param name="Operator">The operator's name.</param>
/// <param name="Name">The special thing about it.</param>
/// <param name="Inputs">The inputs.</param>
internal sealed record OperatorSample(string Operator, string Name, ImmutableArray<SampleInput> Inputs)
{
    /// <summary>The operator's domain.</summary>
    public string Domain { get; init; } = "";

    /// <summary>The attributes in canonical form.</summary>
    internal Attributes Attributes { get; init; } = Attributes.Empty;

    /// <summary>The number of outputs.</summary>
    public int Outputs { get; init; } = 1;

    /// <summary>
    /// The types of the outputs where the operator cannot infer them; float64 stands for that in which the sample is computed.
    /// </summary>
    internal ImmutableArray<TensorType> Types { get; init; }

    /// <summary>
    /// Whether the derivative is refused; then it must be refused with a sentence, and the laws of derivatives do not hold.
    /// </summary>
    public bool RefusesDerivative { get; init; }

    /// <summary>The relative error against ONNX Runtime in float64; more only where its kernel has constants in single precision.</summary>
    public double Float64Tolerance { get; init; } = 1e-11;

    /// <summary>The relative error against ONNX Runtime where that has only a float32 kernel.</summary>
    public double Float32Tolerance { get; init; } = 1e-5;

    /// <summary>The relative error against central differences.</summary>
    public double DifferenceTolerance { get; init; } = 1e-7;

    /// <summary>Why ONNX Runtime cannot be asked, or null. Only for a kernel that is missing or wrong there.</summary>
    public string? NotInRuntime { get; init; }

    /// <summary>This sample with one integer more.</summary>
    public OperatorSample With(string name, long value) => this with { Attributes = Attributes.With(name, (object)value) };

    /// <summary>This sample with one number more.</summary>
    public OperatorSample With(string name, double value) => this with { Attributes = Attributes.With(name, (object)value) };

    /// <summary>This sample with one text more.</summary>
    public OperatorSample With(string name, string value) => this with { Attributes = Attributes.With(name, (object)value) };

    /// <summary>This sample with one list of integers more.</summary>
    public OperatorSample With(string name, long[] values) => this with { Attributes = Attributes.With(name, values) };

    /// <inheritdoc/>
    public override string ToString() => $"{(Domain.Length == 0 ? "" : Domain + ".")}{Operator}: {Name}";
}
