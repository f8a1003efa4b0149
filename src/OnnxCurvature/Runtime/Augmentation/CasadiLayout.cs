using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Derivatives;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>
/// Writes a model and its derivatives as CasADi finds them beside it: <c>f.onnx</c>, <c>adj_f.onnx</c> and <c>fwd_adj_f.onnx</c>, with
/// names and shapes of seeds as CasADi has them. Weights are inside the files, which CasADi hands to a runtime as bytes.
/// </summary>
internal static class CasadiLayout
{
    /// <summary>The paths of the files that were written. Throws <see cref="UserErrorException"/> for what has no derivatives.</summary>
    public static ImmutableArray<string> Write(OnnxModel model, string path, AugmentOptions options)
    {
        var family = new AdjointFamily(model.Graph);
        (string Prefix, Func<Program> Program)[] files =
        [
            ("", () => family.Primal),
            ("adj_", () => family.Adjoint),
            ("fwd_adj_", family.ForwardOfAdjoint),
        ];
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var written = ImmutableArray.CreateBuilder<string>();
        foreach (var (prefix, program) in files)
        {
            options.Cancellation.ThrowIfCancellationRequested();
            var file = Path.Combine(folder, prefix + Path.GetFileName(path));
            OnnxWriter.Write(
                Pipeline.For(ExecutionProvider.Cpu).Run(program()),
                file,
                new WriteOptions
                {
                    Opset = options.Opset,
                    Source = model,
                    Files = options.Files,
                    Cancellation = options.Cancellation,
                    Weights = WeightPlacement.Embed,
                }
            );
            written.Add(file);
        }
        return written.ToImmutable();
    }
}
