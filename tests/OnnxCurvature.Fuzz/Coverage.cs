using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace OnnxCurvature.Fuzz;

/// <summary>
/// Which branches of the instrumented library an input has taken. SharpFuzz's instrumentation counts them in a table that is shared with a
/// fuzzer; here it belongs to the process itself.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int Size = 1 << 16;

    private readonly byte* _table = (byte*)NativeMemory.AllocZeroed(Size);
    private readonly byte[] _seen = new byte[Size];

    /// <summary>Coverage of this process from now on.</summary>
    public Coverage() => Trace.SharedMem = _table;

    /// <summary>Forgets what was taken since the last call.</summary>
    public void Clear()
    {
        new Span<byte>(_table, Size).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Whether a branch was taken that none took before, or many times more often than ever.</summary>
    public bool IsNew()
    {
        var isNew = false;
        var taken = new ReadOnlySpan<byte>(_table, Size);
        for (var at = 0; at < Size; at++)
        {
            // Few of all branches are taken, so that most of the time goes into finding them.
            var next = taken[at..].IndexOfAnyExcept((byte)0);
            if (next < 0)
                break;
            at += next;
            var bucket = (byte)(1 << Math.Min(7, System.Numerics.BitOperations.Log2(_table[at])));
            if ((_seen[at] & bucket) != 0)
                continue;
            _seen[at] |= bucket;
            isNew = true;
        }
        return isNew;
    }
}
