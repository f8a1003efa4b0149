using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Onnx.Reading;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>Where the large constants of a written model lie.</summary>
internal enum WeightPlacement
{
    /// <summary>
    /// In the files that they were loaded from, where these lie in the folder of the written model or below it, else beside it.
    /// </summary>
    Reference,

    /// <summary>In a file of their own beside the written model.</summary>
    Beside,

    /// <summary>In the written model.</summary>
    Embed,
}

/// <summary>How a program is written.</summary>
internal sealed record WriteOptions
{
    /// <summary>The opset of ai.onnx, 11 to 21; null for the model's, or the lowest that can say the program.</summary>
    public int? Opset { get; init; }

    /// <summary>The model that the program was made from, or null.</summary>
    public OnnxModel? Source { get; init; }

    /// <summary>Where large constants go.</summary>
    public WeightPlacement Weights { get; init; }

    /// <summary>The entries that are added to the source's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// The key of metadata under which the files are listed that weights are taken from, each with its digest; null for no such list.
    /// </summary>
    public string? WeightFilesKey { get; init; }

    /// <summary>Ends the work with nothing written; it is heeded before files are moved to their places.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The file system that makes and moves the files.</summary>
    internal IFileSystem Files { get; init; } = SystemFiles.Instance;

    /// <summary>The program that writes.</summary>
    public string Producer { get; init; } = "OnnxCurvature";
}

/// <summary>The file that was written.</summary>
/// <param name="Path">The model.</param>
/// <param name="Opset">Its opset of ai.onnx.</param>
/// <param name="Weights">Where the large constants went: beside, when not all of them could be taken by reference; embedded, when there are
/// none.</param>
/// <param name="DataPath">The file that was written beside the model, or null.</param>
/// <param name="References">The files that weights are taken from by reference, relative to the model.</param>
internal sealed record WriteResult(string Path, int Opset, WeightPlacement Weights, string? DataPath, ImmutableArray<string> References);
