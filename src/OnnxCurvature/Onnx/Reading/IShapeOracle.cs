using OnnxCurvature.Ir;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Infers the types of the values of a model where the operator catalogue cannot.</summary>
internal interface IShapeOracle
{
    /// <summary>Why the model that was asked about was refused, or null where it was not.</summary>
    string? Refusal { get; }

    /// <summary>
    /// The types of all outputs of a model whose rank is known, by name; none where the model is refused. A dimension that has
    /// no name gets a symbol of its own.
    /// </summary>
    /// <param name="model">The bytes of a model without weights, in which every value is an output.</param>
    IReadOnlyDictionary<string, TensorType> TypesOf(byte[] model);
}
