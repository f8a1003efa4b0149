using System.Collections.Frozen;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Onnx.Writing;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// The weights of files, mapped into memory once for all sessions of a run. A session that maps a file of its own touches each page
/// anew, which costs as much as the product of a large matrix with a vector.
/// </summary>
internal sealed class SharedWeights : IDisposable
{
    /// <summary>
    /// Operators whose weights a session leaves as they are. ONNX Runtime moves transposes past operators that broadcast or join, and
    /// transposes the initializers which these take, in its own copy of them; in what it is given from here they would stay as they were,
    /// and the numbers would be wrong.
    /// </summary>
    private static readonly FrozenSet<string> Leaving = FrozenSet.Create(
        StringComparer.Ordinal,
        "Conv",
        "ConvTranspose",
        "Gather",
        "Gemm",
        "GRU",
        "LSTM",
        "MatMul",
        "Reshape",
        "RNN",
        "Slice",
        "Transpose"
    );

    private readonly Dictionary<WeightFile, MappedFile> _files = [];
    private readonly Dictionary<(WeightFile File, long Offset, TensorElementType Element, string Shape), OrtValue> _values = [];

    /// <summary>
    /// Has a session take a weight from here, in place of what its initializer refers to, where the session leaves it as it is. The session
    /// must end before this is disposed of. Throws <see cref="UserErrorException"/> for a file that is no longer the one that was loaded.
    /// </summary>
    public void Share(SessionOptions options, ReferencedWeight weight)
    {
        // Elements of less than a byte have no addresses.
        if (weight.Constant.Type.Element.Bits() >= 8 && weight.Operators.IsSubsetOf(Leaving))
            options.AddInitializer(weight.Name, ValueOf(weight.Constant));
    }

    /// <summary>Unmaps all files. No session that takes weights from here may live.</summary>
    public void Release()
    {
        foreach (var value in _values.Values)
            value.Dispose();
        foreach (var file in _files.Values)
            file.Dispose();
        _values.Clear();
        _files.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private OrtValue ValueOf(MappedConstant weight)
    {
        var element = (TensorElementType)weight.Type.Element;
        var key = (weight.File, weight.Offset, element, weight.Type.Shape.ToString());
        if (_values.TryGetValue(key, out var value))
            return value;
        if (!_files.TryGetValue(weight.File, out var file))
            _files[weight.File] = file = weight.File.Map();
        return _values[key] = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            element,
            weight.Type.Shape.Sizes,
            file.Address(weight.Offset),
            weight.Length
        );
    }
}
