using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// A tensor of zeros but for some elements. Its memory comes from the system as zeros that no one has written, so a large one takes
/// pages only where these elements lie, and no time to be cleared.
/// </summary>
internal sealed unsafe class SparseTensor : IDisposable
{
    private void* _memory;

    /// <summary>A tensor of float32 or float64.</summary>
    /// <param name="element">The type.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="entries">The elements that are not zero, by their positions.</param>
    public SparseTensor(ElementType element, long[] shape, IReadOnlyList<(long Position, double Element)> entries)
    {
        var bytes = Math.Max(1, NpyArray.CountOf(shape)) * element.Size();
        _memory = NativeMemory.AllocZeroed((nuint)bytes);
        HugePages.Ask((nint)_memory, bytes);
        foreach (var (position, number) in entries)
            if (element == ElementType.Float64)
                ((double*)_memory)[position] = number;
            else
                ((float*)_memory)[position] = (float)number;
        Value = OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            (TensorElementType)element,
            shape,
            (nint)_memory,
            NpyArray.CountOf(shape) * element.Size()
        );
    }

    /// <summary>The tensor, which lives as long as this.</summary>
    public OrtValue Value { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        NativeMemory.Free(_memory);
        _memory = null;
    }
}
