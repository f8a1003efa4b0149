namespace OnnxCurvature.Tests.Onnx;

/// <summary>Changes an object within an expression.</summary>
internal static class AlsoExtensions
{
    /// <summary>The object, after a change.</summary>
    public static T Also<T>(this T item, Action<T> change)
    {
        change(item);
        return item;
    }
}
