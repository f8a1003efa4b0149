using System.Collections.Immutable;
using System.Security.Cryptography;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>Where the numbers of an analysis come from.</summary>
/// <param name="Version">The version of this library.</param>
/// <param name="OnnxRuntime">The version of ONNX Runtime.</param>
/// <param name="Files">The files of the model by name, with their SHA-256 in hexadecimal digits.</param>
/// <param name="Data">The arrays by name, with their shapes and the SHA-256 of their elements.</param>
internal sealed record Provenance(
    string Version,
    string OnnxRuntime,
    ImmutableArray<(string Name, string Sha256)> Files,
    ImmutableArray<(string Name, ImmutableArray<long> Shape, string Sha256)> Data
)
{
    /// <summary>The provenance of a run over some data.</summary>
    public static Provenance Of(IEnumerable<string> files, IReadOnlyDictionary<string, DataSource> data) =>
        new(
            typeof(Provenance).Assembly.GetName().Version!.ToString(3),
            OrtEnvironment.NativeVersion,
            [.. files.Select(file => (Path.GetFileName(file), FileDigest.Of(file)))],
            [
                .. data.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry => (entry.Key, Array: entry.Value.Join(entry.Key, 0)))
                    .Select(entry => (entry.Key, entry.Array.Shape.ToImmutableArray(), Sha256Of(entry.Array))),
            ]
        );

    /// <summary>The digest of the elements, which are read block by block.</summary>
    private static string Sha256Of(NpyArray array)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (array.Shape.Length == 0)
            hash.AppendData(array.Data);
        else
            foreach (var (_, block) in array.Blocks(0))
                hash.AppendData(block.Data);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
