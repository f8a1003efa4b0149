using System.Runtime.InteropServices;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// Asks Linux for pages of 2 MiB. Memory that is written to for the first time then costs the system one fault where it would cost 512,
/// which is much of the time of a short run, most of all on a virtual machine.
/// </summary>
internal static partial class HugePages
{
    /// <summary>The bytes of such a page.</summary>
    public const int PageBytes = 2 << 20;

    /// <summary>MADV_HUGEPAGE of <c>madvise(2)</c>.</summary>
    private const int Advice = 14;

    /// <summary>
    /// Asks for them within a piece of address space, for the whole pages in it. Nothing happens where the system has none, or no wish to
    /// give them.
    /// </summary>
    public static void Ask(nint start, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var first = (start + PageBytes - 1) / PageBytes * PageBytes;
        var end = (start + bytes) / PageBytes * PageBytes;
        if (end > first)
            _ = Advise((nint)first, (nuint)(end - first), Advice);
    }

    /// <summary>An array of zeros, in large pages where it is large.</summary>
    public static unsafe T[] Zeros<T>(int length)
        where T : unmanaged
    {
        var zeros = new T[length];
        if (length >= PageBytes / sizeof(T))
            fixed (T* start = zeros)
                Ask((nint)start, (long)sizeof(T) * length);
        return zeros;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
