using System.Runtime.InteropServices;

namespace OnnxCurvature.Files;

/// <summary>The kind of thing at a path, as far as it matters for reading and writing.</summary>
internal enum FileKind
{
    /// <summary>A file of bytes, a folder, or nothing.</summary>
    Regular,

    /// <summary>A pipe or a device: bytes pass through it once, and it is never replaced.</summary>
    Stream,

    /// <summary>A socket, which no path can be read from or written to.</summary>
    Socket,
}

/// <summary>
/// The answer of Linux for a path, links followed. .NET has no call for it; where the system has none either, everything counts as a file.
/// </summary>
/// <param name="Kind">The kind.</param>
/// <param name="IsImmutable">Whether the file may not be changed, or only be appended to, by anybody.</param>
/// <param name="IsMountPoint">Whether the file is mounted at its place, where it cannot be replaced.</param>
internal readonly partial record struct FileState(FileKind Kind, bool IsImmutable, bool IsMountPoint)
{
    // The numbers are those of statx(2), whose layout is the same on all processors.
    private const int CurrentFolder = -100;
    private const uint TypeMask = 0x1;
    private const int StructureBytes = 256;
    private const int AttributesOffset = 8;
    private const int ModeOffset = 28;
    private const ulong Immutable = 0x10;
    private const ulong AppendOnly = 0x20;
    private const ulong MountRoot = 0x2000;
    private const int KindMask = 0xF000;
    private const int PipeKind = 0x1000;
    private const int CharacterDeviceKind = 0x2000;
    private const int BlockDeviceKind = 0x6000;
    private const int SocketKind = 0xC000;

    /// <summary>The state of a path; that of a plain file where nothing is there.</summary>
    public static FileState Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return default;
        var structure = new byte[StructureBytes];
        try
        {
            if (StatX(CurrentFolder, path, 0, TypeMask, structure) != 0)
                return default;
        }
        catch (EntryPointNotFoundException)
        {
            return default;
        }
        var attributes = BitConverter.ToUInt64(structure, AttributesOffset);
        var kind = (BitConverter.ToUInt16(structure, ModeOffset) & KindMask) switch
        {
            PipeKind or CharacterDeviceKind or BlockDeviceKind => FileKind.Stream,
            SocketKind => FileKind.Socket,
            _ => FileKind.Regular,
        };
        return new FileState(kind, (attributes & (Immutable | AppendOnly)) != 0, (attributes & MountRoot) != 0);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, [Out] byte[] structure);
}
