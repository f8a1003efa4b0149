using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Structure;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Runtime.Cuda;

/// <summary>
/// Puts tensors together in the memory of a device. A program that has been made for tensors of some shapes serves all later ones.
/// </summary>
internal sealed class DeviceConcat(OrtSettings settings) : IDisposable
{
    private readonly Dictionary<string, OrtProgram> _programs = new(StringComparer.Ordinal);

    /// <summary>
    /// The tensors one after another along the first axis, or, <paramref name="stacked"/>, along a new one before it. The caller disposes
    /// of it.
    /// </summary>
    public OrtValue Join(IReadOnlyList<OrtValue> parts, bool stacked, bool onHost, CancellationToken cancellation)
    {
        TensorType[] types = [.. parts.Select(TypeOf)];
        var key = $"{stacked} {string.Join(' ', types)}";
        if (!_programs.TryGetValue(key, out var program))
            _programs[key] = program = new OrtProgram(Joining(types, stacked), settings);
        return program.Run(parts, _ => onHost, cancellation)[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var program in _programs.Values)
            program.Dispose();
        _programs.Clear();
    }

    private static Program Joining(TensorType[] types, bool stacked)
    {
        var b = new GraphBuilder();
        Value[] inputs = [.. types.Select((type, index) => b.Parameter(type, $"part_{index}"))];
        var joined = Concat.Of(b, [.. inputs.Select(input => stacked ? Reshape.InsertAxis(b, input, 0) : input)], 0);
        return b.Build(inputs, [new NamedValue("whole", joined)]);
    }

    private static TensorType TypeOf(OrtValue part)
    {
        var type = part.GetTensorTypeAndShape();
        return new TensorType((ElementType)type.ElementDataType, TensorShape.Of(type.Shape));
    }
}
