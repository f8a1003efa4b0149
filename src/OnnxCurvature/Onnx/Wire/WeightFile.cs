using System.IO.MemoryMappedFiles;
using OnnxCurvature.Files;

namespace OnnxCurvature.Onnx.Wire;

/// <summary>A step that takes a part of a file: the bytes, and their position within the part.</summary>
internal delegate void FileBlock(ReadOnlySpan<byte> bytes, long position);

/// <summary>
/// A file that holds weights. It is mapped into memory only while it is read, or for a run, and it is refused when it is no longer the file
/// that was loaded.
/// </summary>
/// <param name="Path">The full path.</param>
/// <param name="Length">The length when it was loaded.</param>
/// <param name="Modified">The time of its last change, in UTC, when it was loaded.</param>
internal sealed record WeightFile(string Path, long Length, DateTime Modified)
{
    private const int BlockLength = 1 << 26;

    /// <summary>
    /// A file as it is now. Of a symbolic link it is the file at its end that counts, under the name of the link. Throws
    /// <see cref="UserErrorException"/> for what is no file, or cannot be read.
    /// </summary>
    public static WeightFile Of(string path)
    {
        if (FileState.Of(path).Kind != FileKind.Regular)
            throw new UserErrorException(
                $"'{path}' is a pipe or a device, and a model is read several times; write it to a file, and name that."
            );
        try
        {
            var named = new FileInfo(path);
            var info = (FileInfo?)named.ResolveLinkTarget(returnFinalTarget: true) ?? named;
            return new WeightFile(named.FullName, info.Length, info.LastWriteTimeUtc);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{path}' cannot be read ({UserFile.OneLine(exception)}); check the path.");
        }
    }

    /// <summary>Maps a part of the file and passes it on in blocks whose lengths are multiples of 64 MiB, but for the last.</summary>
    public void Read(long offset, long length, FileBlock block) => Read(offset, length, BlockLength, block);

    /// <summary>Maps the whole file, of less than 2 GiB, and passes it on in one piece.</summary>
    public void ReadWhole(FileBlock block) => Read(0, Length, int.MaxValue, block);

    /// <summary>
    /// Maps the whole file, which stays mapped until the caller disposes of it. Throws <see cref="UserErrorException"/> for a file that is
    /// no longer the one that was loaded.
    /// </summary>
    public MappedFile Map() => Map(0, Length);

    private void Read(long offset, long length, int blockLength, FileBlock block)
    {
        if (length == 0)
            return;
        using var part = Map(offset, length);
        for (long position = 0; position < length; position += blockLength)
            block(part.Part(position, (int)Math.Min(blockLength, length - position)), position);
    }

    private MappedFile Map(long offset, long length)
    {
        try
        {
            using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            if (stream.Length != Length || File.GetLastWriteTimeUtc(stream.SafeFileHandle) != Modified)
                throw new UserErrorException($"'{Path}' has changed since it was loaded; load the model again.");
            using var map = MemoryMappedFile.CreateFromFile(
                stream,
                null,
                0,
                MemoryMappedFileAccess.Read,
                HandleInheritability.None,
                leaveOpen: true
            );
            return new MappedFile(map.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read));
        }
        catch (UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{Path}' may not be read; change its permissions.");
        }
        catch (FileNotFoundException)
        {
            throw new UserErrorException($"'{Path}' is gone since the model was loaded; load the model again.");
        }
        catch (IOException exception)
        {
            throw new UserErrorException($"'{Path}' cannot be read ({UserFile.OneLine(exception)}); check the path.");
        }
    }
}
