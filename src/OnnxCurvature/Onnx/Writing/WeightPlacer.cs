using System.Security.Cryptography;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Onnx.Wire;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>
/// Decides where the elements of constants lie. Those that were not loaded from a file are in memory anyway and go into the model,
/// as do small ones.
/// </summary>
/// <param name="folder">The full path of the folder of the written model.</param>
/// <param name="placement">Where large weights go.</param>
/// <param name="canWriteBeside">
/// Whether a file may be written beside the model; where not, weights which cannot be taken by reference go into the model.
/// </param>
internal sealed class WeightPlacer(string folder, WeightPlacement placement, bool canWriteBeside)
{
    private const long Alignment = 4096;

    private readonly string _folder = RealPath.Of(folder);
    private readonly List<TensorProto> _besideHeaders = [];
    private long _end;

    /// <summary>The weights that go beside the model, at their offsets.</summary>
    public List<(Constant Constant, long Offset)> Beside { get; } = [];

    /// <summary>The files that weights are taken from by reference: their full paths by their locations relative to the model.</summary>
    public SortedDictionary<string, string> References { get; } = new(StringComparer.Ordinal);

    /// <summary>The weights that are taken from other files by reference, by the names of their initializers.</summary>
    public List<(string Name, MappedConstant Constant)> Referenced { get; } = [];

    /// <summary>
    /// Where the weights went: beside the model where some did, by reference where others lie in other files, else in the model.
    /// </summary>
    public WeightPlacement Placement =>
        Beside.Count > 0 ? WeightPlacement.Beside
        : References.Count > 0 ? WeightPlacement.Reference
        : WeightPlacement.Embed;

    /// <summary>The initializer for a constant.</summary>
    public Initializer Place(string name, Constant constant)
    {
        if (constant is StringConstant texts)
        {
            var written = TensorWriter.Header(name, constant.Type);
            written.StringData.AddRange(texts.Texts);
            return new Initializer(written, null);
        }
        var length = TensorWriter.Bytes(constant.Type);
        if (constant is InlineConstant || length <= ModelReader.LargestInline || placement == WeightPlacement.Embed)
            return new Initializer(TensorWriter.Header(name, constant.Type), constant);
        if (placement == WeightPlacement.Reference && constant is MappedConstant mapped && LocationOf(mapped) is { } location)
        {
            References[location] = mapped.Path;
            Referenced.Add((name, mapped));
            return new Initializer(TensorWriter.External(name, constant.Type, location, mapped.Offset, length), null);
        }
        if (!canWriteBeside)
            return new Initializer(TensorWriter.Header(name, constant.Type), constant);
        var offset = (_end + Alignment - 1) / Alignment * Alignment;
        _end = offset + length;
        Beside.Add((constant, offset));
        var header = TensorWriter.External(name, constant.Type, "", offset, length);
        _besideHeaders.Add(header);
        return new Initializer(header, null);
    }

    /// <summary>Writes the weights that go beside the model, and gives the digest of the file.</summary>
    public string WriteBeside(Stream stream)
    {
        using var digest = SHA256.Create();
        using (var written = new CryptoStream(stream, digest, CryptoStreamMode.Write, leaveOpen: true))
        {
            long end = 0;
            foreach (var (constant, offset) in Beside)
            {
                written.Write(new byte[offset - end]);
                TensorWriter.WriteRaw(constant, written);
                end = offset + TensorWriter.Bytes(constant.Type);
            }
        }
        return Convert.ToHexStringLower(digest.Hash!);
    }

    /// <summary>
    /// Names the file beside the model in the initializers whose elements lie there; it is known once the file is written.
    /// </summary>
    public void NameBeside(string file)
    {
        foreach (var header in _besideHeaders)
            header.ExternalData.Single(entry => entry.Key == "location").Value = file;
    }

    private string? LocationOf(MappedConstant constant)
    {
        // What is written into no file lasts no longer than the temporary file.
        if (canWriteBeside && TemporaryModel.Holds(constant.Path))
            return null;
        var relative = Path.GetRelativePath(_folder, RealPath.Of(constant.Path));
        return Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == ".."
            ? null
            : relative.Replace(Path.DirectorySeparatorChar, '/');
    }
}
