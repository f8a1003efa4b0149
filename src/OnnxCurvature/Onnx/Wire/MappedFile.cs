using System.IO.MemoryMappedFiles;

namespace OnnxCurvature.Onnx.Wire;

/// <summary>A file, or a part of one, as memory that can be read.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    /// <summary>Takes over a view.</summary>
    public MappedFile(MemoryMappedViewAccessor view)
    {
        _view = view;
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        _start = start + view.PointerOffset;
    }

    /// <summary>The address of a byte. It counts from the start of what is mapped.</summary>
    public nint Address(long offset) => (nint)(_start + offset);

    /// <summary>Some bytes.</summary>
    public ReadOnlySpan<byte> Part(long offset, int length) => new(_start + offset, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view.SafeMemoryMappedViewHandle.IsClosed)
            return;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
    }
}
