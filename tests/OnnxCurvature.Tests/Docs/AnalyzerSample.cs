using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Importance;
using OnnxCurvature.Analysis.Laplace;
using OnnxCurvature.Analysis.Pruning;
using OnnxCurvature.Analysis.Quantization;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Tests.Docs;

using Data = IReadOnlyDictionary<string, CurvatureArray>;

/// <summary>The code that the pages of the analyzer show, page by page.</summary>
internal static class AnalyzerSample
{
    /// <summary>A page, and what its code gives for a network and data.</summary>
    public static IReadOnlyDictionary<string, Func<CurvatureModel, Data, string, object>> Pages { get; } =
        new Dictionary<string, Func<CurvatureModel, Data, string, object>>
        {
            ["analyze.md"] = (model, data, folder) => Analyze(model, data, folder),
            ["quantization.md"] = (model, data, folder) => Quantize(model, data, folder),
            ["pruning.md"] = (model, data, folder) => Prune(model, data, folder),
            ["importance.md"] = (model, data, folder) => Importance(model, data, folder),
            ["laplace.md"] = (model, data, folder) => Laplace(model, data, folder),
            ["spectrum.md"] = (model, data, _) => Spectrum(model, data),
        };

    private static LayerCurvature Analyze(CurvatureModel model, Data data, string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample analyze.md
        var request = new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.CrossEntropy };
        var curvature = model.Analyze(request, data, new AnalysisOptions { Budget = TimeSpan.FromMinutes(5) });
        curvature.WriteReport(In("report"));
        var sharpest = curvature.Layers.MaxBy(layer => layer.Diagonal.Max())!;
        // end
        return sharpest;
    }

    private static ImmutableArray<(string Node, int Bits)> Quantize(CurvatureModel model, Data data, string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample quantization.md
        var request = new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.CrossEntropy };
        var curvature = model.Analyze(request, data);
        var result = curvature.Quantize(new QuantizationOptions { TargetBytes = 20_000 });
        result.Write(In("quantization"));
        var bits = result.Choice!.Nodes;
        // end
        return bits;
    }

    private static double Prune(CurvatureModel model, Data data, string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample pruning.md
        var request = new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.CrossEntropy };
        var curvature = model.Analyze(request, data);
        var result = curvature.Prune(new PruningOptions { Sparsity = 0.7, Structure = PruningStructure.OutputChannel });
        result.WriteMasks(In("masks.npz"));
        curvature.WritePruned(result, In("pruned.onnx"));
        // end
        return result.Predicted;
    }

    private static double Importance(CurvatureModel model, Data data, string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample importance.md
        var request = new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.CrossEntropy };
        var result = model.Importance(request, data);
        result.WriteArrays(In("ewc.npz"));
        // end
        return result.Layers.Sum(layer => layer.Sum);
    }

    private static (string, string) Laplace(CurvatureModel model, Data data, string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample laplace.md
        var loss = LossRequest.CrossEntropy;
        var request = new CurvatureRequest
        {
            WithRespectTo = ["fc3.*"],
            Loss = loss,
            Reduction = Reduction.Sum,
        };
        var curvature = model.Analyze(request, data, new AnalysisOptions { Diagonal = Quantity.GgnDiagonal });
        var posterior = curvature.Laplace();
        var (mean, variance) = curvature.WritePredictive(posterior, In("sure.onnx"));
        // end
        return (mean, variance);
    }

    private static (double Value, double Bound) Spectrum(CurvatureModel model, Data data)
    {
        // sample spectrum.md
        var request = new CurvatureRequest { WithRespectTo = ["*.weight"], Loss = LossRequest.CrossEntropy };
        var result = model.Spectrum(request, data, new SpectrumOptions { Steps = 80 });
        var (value, bound) = result[0].Largest[0];
        // end
        return (value, bound);
    }
}
