namespace OnnxCurvature.Ir;

/// <summary>
/// Says that a shape lacks an axis, or a tensor an element, that is asked for. While a model is loaded, the model is to blame.
/// </summary>
internal sealed class ShapeException(string message) : Exception(message);
