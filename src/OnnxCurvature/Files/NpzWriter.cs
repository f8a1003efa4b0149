using System.IO.Compression;
using System.Text;
using OnnxCurvature.Ir;

namespace OnnxCurvature.Files;

/// <summary>
/// Writes a .npz file as numpy.savez does: a ZIP archive, uncompressed, with a member <c>name.npy</c> for each array. The arrays are
/// written one after another and none is kept, and ZIP64 records are used where sizes need them. The same arrays in the same order
/// give the same bytes. Dispose the writer to complete the file; the stream stays open.
/// </summary>
internal sealed class NpzWriter(Stream stream) : IDisposable
{
    // The earliest time that ZIP can express; a real one would make every file differ.
    private static readonly DateTimeOffset Timestamp = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ZipArchive _archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
    private readonly HashSet<string> _names = [];

    /// <summary>Writes a file, whole or not at all, of the arrays that <paramref name="add"/> adds.</summary>
    public static void WriteFile(string path, Action<NpzWriter> add) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using var writer = new NpzWriter(stream);
                add(writer);
            }
        );

    /// <summary>Adds an array. Throws <see cref="ArgumentException"/> for a name that was given before.</summary>
    public void Add(string name, NpyArray array)
    {
        using var member = Create(name);
        NpyWriter.Write(member, array);
    }

    /// <summary>
    /// Adds numbers as elements of a type; see
    /// <see cref="NpyWriter.Write(Stream, ElementType, ReadOnlySpan{long}, RealArray)"/>.
    /// </summary>
    public void Add(string name, ElementType element, ReadOnlySpan<long> shape, RealArray values)
    {
        using var member = Create(name);
        NpyWriter.Write(member, element, shape, values);
    }

    /// <summary>Adds a text under a name of its own, which NumPy gives as bytes.</summary>
    public void AddText(string name, string text)
    {
        using var member = CreateMember(name);
        member.Write(Encoding.UTF8.GetBytes(text));
    }

    /// <inheritdoc/>
    public void Dispose() => _archive.Dispose();

    private Stream Create(string name) => CreateMember($"{name}.npy");

    private Stream CreateMember(string name)
    {
        if (!_names.Add(name))
            throw new ArgumentException($"The archive has a member '{name}' already.");
        var entry = _archive.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = Timestamp;
        return entry.Open();
    }
}
