// sample
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

// end
namespace OnnxCurvature.Tests.Docs;

/// <summary>The code that the page of the library shows.</summary>
internal static class LibrarySample
{
    /// <summary>Computes as the page says, in a folder that holds the model and its data.</summary>
    public static (string Reason, CurvatureResult Result) Run(string folder)
    {
        string In(string name) => Path.Combine(folder, name);
        // sample
        var request = new CurvatureRequest { WithRespectTo = ["conv4_3.weight"], Loss = LossRequest.Parse("cross-entropy") };
        var data = new Dictionary<string, NpyArray>
        {
            ["image"] = NpyReader.Read(In("vgg16_narrow.image.npy")),
            ["labels"] = NpyReader.Read(In("vgg16_narrow.labels.npy")),
        };
        var run = CurvatureEngine.Prepare(In("vgg16_narrow.onnx"), request, data, new CurvatureRunOptions());
        var reason = run.Methods[0].Reason;
        var result = run.Run(progress: null, CancellationToken.None);
        var diagonal = result.Tensors.Single(tensor => tensor.Name == "conv4_3.weight.hessian_diagonal");
        // end
        Assert(diagonal.Values.Length == 16 * 16 * 3 * 3);
        return (reason, result);
    }

    private static void Assert(bool holds)
    {
        if (!holds)
            throw new InvalidOperationException("The diagonal has another size than its weight.");
    }
}
