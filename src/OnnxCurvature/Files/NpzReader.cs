using System.IO.Compression;

namespace OnnxCurvature.Files;

/// <summary>
/// Reads the arrays of a .npz file, compressed or not, one at a time. The file is not trusted: lengths are checked before they are
/// allocated. All errors are <see cref="UserErrorException"/>.
/// </summary>
internal sealed class NpzReader : IDisposable
{
    // DEFLATE stores at most 258 bytes in 2 bits, so that a member that claims more than this factor lies.
    private const long LargestCompression = 1032;

    private const long LongestText = 1 << 26;

    private readonly string _path;
    private readonly ZipArchive _archive;
    private readonly Dictionary<string, ZipArchiveEntry> _members = [];

    private NpzReader(string path, Stream stream)
    {
        _path = path;
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read);
            foreach (var entry in _archive.Entries)
                if (entry.FullName.EndsWith(".npy", StringComparison.Ordinal) && !_members.TryAdd(entry.FullName[..^4], entry))
                    throw new UserErrorException($"'{path}' has two arrays '{entry.FullName[..^4]}'; give each a name of its own.");
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new UserErrorException($"'{path}' is no .npz file ({UserFile.OneLine(exception)}); write it with numpy.savez.");
        }
    }

    /// <summary>The names of the arrays, in the order of the file.</summary>
    public IReadOnlyCollection<string> Names => _members.Keys;

    /// <summary>Opens a file and reads its list of arrays.</summary>
    public static NpzReader Open(string path)
    {
        var stream = UserFile.OpenRead(path);
        try
        {
            return new NpzReader(path, stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private IEnumerable<string> FirstMembers() => _members.Keys.Order(StringComparer.Ordinal).Take(10).Select(key => $"'{key}'");

    /// <summary>Reads one array.</summary>
    public NpyArray Read(string name) =>
        Unpack(
            name,
            () =>
            {
                var member = Member(name);
                using var stream = member.Open();
                return NpyReader.Read(stream, member.Length, SourceOf(name));
            }
        );

    /// <summary>Reads a text that stands beside the arrays; null where there is none of the name.</summary>
    internal string? ReadText(string name)
    {
        if (_archive.GetEntry(name) is not { } member || member.Length > LongestText)
            return null;
        return Unpack(
            name,
            () =>
            {
                using var text = new StreamReader(member.Open());
                return text.ReadToEnd();
            }
        );
    }

    /// <summary>Reads what an array says of itself.</summary>
    internal NpyHeader HeaderOf(string name) =>
        Unpack(
            name,
            () =>
            {
                var member = Member(name);
                using var stream = member.Open();
                var header = NpyHeader.Read(stream, SourceOf(name), out var headerBytes);
                NpyReader.CheckLength(header, member.Length - headerBytes, SourceOf(name));
                return header;
            }
        );

    /// <summary>Opens an array and goes to its first element.</summary>
    internal Stream OpenRows(string name)
    {
        var stream = Member(name).Open();
        NpyHeader.Read(stream, SourceOf(name), out _);
        return stream;
    }

    /// <summary>Unpacks something of an array, and makes one sentence of what is wrong with the archive.</summary>
    internal T Unpack<T>(string name, Func<T> unpack)
    {
        try
        {
            return unpack();
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new UserErrorException(
                $"{SourceOf(name)} cannot be unpacked ({UserFile.OneLine(exception)}); copy or write the file anew."
            );
        }
    }

    private ZipArchiveEntry Member(string name)
    {
        if (!_members.TryGetValue(name, out var member))
            throw new UserErrorException(
                $"'{_path}' has no array '{name}'; it holds " + $"{string.Join(", ", FirstMembers().DefaultIfEmpty("none"))}."
            );
        if (member.Length / LargestCompression > member.CompressedLength)
            throw new UserErrorException(
                $"{SourceOf(name)} claims {member.Length} bytes from {member.CompressedLength} compressed ones, which cannot be; copy or "
                    + $"write the file anew."
            );
        return member;
    }

    private string SourceOf(string name) => $"'{name}' of '{_path}'";

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();
}
