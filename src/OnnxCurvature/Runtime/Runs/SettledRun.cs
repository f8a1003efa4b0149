using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>A request and its data once it is decided how these are cut, before anything is planned.</summary>
/// <param name="Source">How the model is loaded.</param>
/// <param name="Model">The model, of which every size that the data decide is known.</param>
/// <param name="Request">The request, with what follows for the loss from the data.</param>
/// <param name="Data">The arrays, by name, as the inputs take them.</param>
/// <param name="Batches">How the samples are cut into batches.</param>
internal sealed record SettledRun(
    ModelSource Source,
    OnnxModel Model,
    CurvatureRequest Request,
    IReadOnlyDictionary<string, NpyArray> Data,
    BatchDecision Batches
)
{
    /// <summary>The number of batches.</summary>
    public long Count => (Batches.Samples + Batches.Size - 1) / Batches.Size;
}
