using System.Collections.Immutable;
using System.Security.Cryptography;
using OnnxCurvature.Files;
using OnnxCurvature.Runtime.Sessions;

namespace OnnxCurvature.Analysis.Diagonals;

/// <summary>Where the numbers of an analysis come from.</summary>
/// <param name="Version">The version of this library.</param>
/// <param name="OnnxRuntime">The version of ONNX Runtime.</param>
/// <param name="Files">The files of the model by name, with their SHA-256 in hexadecimal digits.</param>
/// <param name="Data">The arrays by name, with their shapes and the SHA-256 of their elements.</param>
public sealed record Provenance(
    string Version,
    string OnnxRuntime,
    ImmutableArray<(string Name, string Sha256)> Files,
    ImmutableArray<(string Name, ImmutableArray<long> Shape, string Sha256)> Data
)
{
    /// <summary>The provenance of a run over some data.</summary>
    internal static Provenance Of(IEnumerable<string> files, IReadOnlyDictionary<string, NpyArray> data) =>
        new(
            typeof(Provenance).Assembly.GetName().Version!.ToString(3),
            OrtEnvironment.NativeVersion,
            [.. files.Select(file => (Path.GetFileName(file), FileDigest.Of(file)))],
            [
                .. data.OrderBy(entry => entry.Key, StringComparer.Ordinal)
                    .Select(entry =>
                        (entry.Key, entry.Value.Shape.ToImmutableArray(), Convert.ToHexStringLower(SHA256.HashData(entry.Value.Data)))
                    ),
            ]
        );
}
