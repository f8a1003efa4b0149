using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>A problem's model as a file for as long as it is checked, and its data.</summary>
internal sealed class ProblemFiles
{
    private static int _number;

    private readonly string _folder;
    private readonly ProblemData _data;

    public ProblemFiles(Problem problem, Expectation expectation, string folder)
    {
        _folder = Path.Combine(folder, $"{Environment.ProcessId}_{Interlocked.Increment(ref _number)}");
        Directory.CreateDirectory(_folder);
        Model = Path.Combine(_folder, "model.onnx");
        ModelFile.Write(problem, Model);
        _data = ProblemData.Of(problem, expectation);
    }

    /// <summary>The model's file.</summary>
    public string Model { get; }

    /// <summary>A file beside it.</summary>
    public string Beside(string name) => Path.Combine(_folder, name);

    /// <summary>The data that some quantities need.</summary>
    public Dictionary<string, NpyArray> DataFor(IReadOnlyCollection<Quantity> quantities) => _data.For(quantities);

    public void Delete() => Directory.Delete(_folder, true);
}
