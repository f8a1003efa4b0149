using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Tensors;

namespace OnnxCurvature.Runtime.Batches;

/// <summary>
/// The data of one input: an array, or files that are joined along the axis on which samples lie. Only what each file says of itself is
/// read until batches need its rows, and a large file never is in memory as a whole.
/// </summary>
internal sealed class DataSource
{
    /// <summary>Several files of more bytes together stay files; labels of most data sets are read at once.</summary>
    private const long LargestJoinInMemory = 1 << 20;

    private readonly ImmutableArray<(NamedFile? File, NpyArray Array)> _parts;

    private DataSource(ImmutableArray<(NamedFile?, NpyArray)> parts) => _parts = parts;

    /// <summary>The numbers that they stand for; null for themselves.</summary>
    public Scaling? Scaling { get; private init; }

    /// <summary>Whether a file holds uint8, as those of images do.</summary>
    public bool HoldsBytes => _parts.Any(part => part.Array.Element == ElementType.UInt8);

    /// <summary>The paths of the files; none for an array in memory.</summary>
    public IEnumerable<string> Files => _parts.Where(part => part.File is not null).Select(part => part.File!.Value.Path);

    /// <summary>The first file, and how many others there are; null for an array in memory.</summary>
    public (string First, int Others)? Named => _parts[0].File is { } file ? (file.ToString(), _parts.Length - 1) : null;

    /// <summary>Data from an array.</summary>
    public static DataSource Of(NpyArray array)
    {
        ArgumentNullException.ThrowIfNull(array);
        return new DataSource([(null, array)]);
    }

    /// <summary>Data from files, as below.</summary>
    public static DataSource Open(params IEnumerable<string> patterns) => Open(patterns, _ => { });

    /// <summary>
    /// Data from files, in the order of the patterns and in natural order within each. Throws <see cref="UserErrorException"/> where a
    /// pattern names none, or a file cannot be read, says nothing sensible of itself, or is named twice.
    /// </summary>
    /// <param name="patterns">The patterns.</param>
    /// <param name="reading">Is given each file before it is opened, which may take as long as nobody writes to a pipe.</param>
    public static DataSource Open(IEnumerable<string> patterns, Action<string> reading)
    {
        NamedFile[] files = [.. patterns.SelectMany(FilePattern.Expand)];
        if (files.GroupBy(file => file).FirstOrDefault(group => group.Count() > 1) is { Key: var twice })
            throw new UserErrorException($"--data names {twice} twice for one input; name each file once.");
        return new DataSource([
            .. files.Select(file =>
            {
                reading(file.Path);
                // What comes through a pipe comes once, so it is not left to be opened again.
                var isKept = files.Length == 1 || FileState.Of(file.Path).Kind == FileKind.Stream;
                return ((NamedFile?)file, isKept ? Load(file) : new NpyArray(new ArrayFile(file.Path, () => OpenSource(file))));
            }),
        ]);
    }

    /// <summary>
    /// A digest of the contents: of the bytes of all files one after the other, or of the elements of an array. Throws
    /// <see cref="UserErrorException"/> where a file cannot be read.
    /// </summary>
    internal string Digest()
    {
        var digest = new ContentDigest();
        foreach (var (file, array) in _parts)
            if (file is { } named && FileState.Of(named.Path).Kind == FileKind.Regular)
            {
                digest.AddFile(named.Path);
                digest.Add(System.Text.Encoding.UTF8.GetBytes(named.Member ?? ""));
            }
            else
            {
                digest.Add(System.Text.Encoding.UTF8.GetBytes($"{array.Element} [{string.Join(',', array.Shape)}]"));
                if (array.Shape.Length == 0)
                    digest.Add(array.Data);
                else
                    foreach (var (_, block) in array.Blocks(0))
                        digest.Add(block.Data);
            }
        return digest.ToString();
    }

    /// <summary>The same data where its numbers stand for others.</summary>
    public DataSource With(Scaling scaling) => new(_parts) { Scaling = scaling };

    /// <summary>
    /// The array, of which large parts stay in their files. Throws <see cref="UserErrorException"/> for parts of different types, or of
    /// different sizes along other axes.
    /// </summary>
    /// <param name="name">The input.</param>
    /// <param name="axis">The axis along which samples lie.</param>
    internal NpyArray Join(string name, int axis)
    {
        var (firstFile, first) = _parts[0];
        foreach (var (file, array) in _parts.Skip(1))
        {
            if (array.Element != first.Element)
                throw new UserErrorException(
                    $"{file} holds {array.Element.DisplayName()} and {firstFile} holds {first.Element.DisplayName()}, and both are "
                        + $"--data '{name}'; save both with one type."
                );
            if (
                array.Shape.Length != first.Shape.Length
                || array.Shape.Length <= axis
                || array.Shape.Where((size, at) => at != axis && size != first.Shape[at]).Any()
            )
                throw new UserErrorException(
                    $"{file} has the shape {Text(array)} and {firstFile} has {Text(first)}, and --data '{name}' joins them along axis "
                        + $"{axis}, so their other sizes must agree; reshape one of them."
                );
        }
        var joined = IsJoined ? new NpyArray(new JoinedArrays([.. _parts.Select(part => part.Array)], axis)) : first;
        if (IsJoined && joined.Count * joined.Element.Size() <= LargestJoinInMemory)
            joined = ((IArraySource)new JoinedArrays([.. _parts.Select(part => part.Array)], axis)).ReadAll();
        return Scaling is null ? joined : Scaled(name, joined, Scaling);
    }

    /// <summary>Whether there are several parts, so that it matters along which axis samples lie.</summary>
    internal bool IsJoined => _parts.Length > 1;

    /// <summary>The file that holds a position of the axis along which parts are joined, and its place there; null for an array.</summary>
    internal (string File, long Position)? Locate(int axis, long position)
    {
        foreach (var (file, array) in _parts)
        {
            if (array.Shape.Length <= axis || position < array.Shape[axis])
                return file is { } named ? (named.ToString(), position) : null;
            position -= array.Shape[axis];
        }
        return null;
    }

    private static NpyArray Scaled(string name, NpyArray array, Scaling scaling)
    {
        if (array.Element.IsFloat() && array.Element.Size() > sizeof(float))
            throw new UserErrorException(
                $"--scale, --mean and --std give float32, and --data '{name}' holds {array.Element.DisplayName()}; scale it beforehand."
            );
        var scaled = new ScaledArray(array, scaling, scaling.AxisOf(name, array.Shape));
        return array.IsInMemory ? scaled.ReadAll() : new NpyArray(scaled);
    }

    /// <summary>An array over a file. A large one stays there; the file stays open as long as the array is in use.</summary>
    private static NpyArray Load(NamedFile file)
    {
        var source = OpenSource(file);
        if (NpyArray.CountOf([.. source.Shape]) * source.Element.Size() > NpyReader.LargestInMemory)
            return new NpyArray(source);
        using (source as IDisposable)
            return source.ReadAll();
    }

    private static IArraySource OpenSource(NamedFile file) =>
        Path.GetExtension(file.Path).ToLowerInvariant() switch
        {
            ".pb" => new InMemory(TensorFile.Read(file.Path)),
            ".npz" => new NpzMember(file.Path, file.Member),
            _ => NpyReader.Open(file.Path),
        };

    private static string Text(NpyArray array) => $"[{string.Join(",", array.Shape)}]";

    /// <summary>An array that had to be read to know what it is.</summary>
    private sealed class InMemory(NpyArray array) : IArraySource
    {
        public ElementType Element => array.Element;

        public IReadOnlyList<long> Shape => array.Shape;

        public NpyArray ReadSlice(int axis, long start, long end) => array.Slice(axis, start, end);

        public NpyArray ReadAll() => array;
    }
}
