using System.Security.Cryptography;
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
/// <param name="data">The name of the file beside the model; null where none may be written, so that weights which cannot be taken by reference go into the model.</param>
internal sealed class WeightPlacer(string folder, WeightPlacement placement, string? data)
{
    private const long Alignment = 4096;

    private readonly string _folder = ExternalData.RealPath(folder);
    private long _end;

    /// <summary>The weights that go beside the model, at their offsets.</summary>
    public List<(Constant Constant, long Offset)> Beside { get; } = [];

    /// <summary>The files that weights are taken from by reference: their full paths by their locations relative to the model.</summary>
    public SortedDictionary<string, string> References { get; } = new(StringComparer.Ordinal);

    /// <summary>Where the weights went: beside the model where some did, by reference where others lie in other files, else in the model.</summary>
    public WeightPlacement Placement => Beside.Count > 0 ? WeightPlacement.Beside : References.Count > 0 ? WeightPlacement.Reference : WeightPlacement.Embed;

    /// <summary>The initializer for a constant.</summary>
    public Initializer Place(string name, Constant constant)
    {
        if (constant is StringConstant texts)
        {
            var header = TensorWriter.Header(name, constant.Type);
            header.StringData.AddRange(texts.Texts);
            return new Initializer(header, null);
        }
        var length = TensorWriter.Bytes(constant.Type);
        if (constant is InlineConstant || length <= ModelReader.LargestInline || placement == WeightPlacement.Embed)
            return new Initializer(TensorWriter.Header(name, constant.Type), constant);
        if (placement == WeightPlacement.Reference && constant is MappedConstant mapped && LocationOf(mapped) is { } location)
        {
            References[location] = mapped.Path;
            return new Initializer(TensorWriter.External(name, constant.Type, location, mapped.Offset, length), null);
        }
        if (data is null)
            return new Initializer(TensorWriter.Header(name, constant.Type), constant);
        var offset = (_end + Alignment - 1) / Alignment * Alignment;
        _end = offset + length;
        Beside.Add((constant, offset));
        return new Initializer(TensorWriter.External(name, constant.Type, data, offset, length), null);
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

    private string? LocationOf(MappedConstant constant)
    {
        var relative = Path.GetRelativePath(_folder, ExternalData.RealPath(constant.Path));
        return Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == ".." ? null : relative.Replace(Path.DirectorySeparatorChar, '/');
    }
}
