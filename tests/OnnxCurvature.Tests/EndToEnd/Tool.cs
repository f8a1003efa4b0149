using Google.Protobuf;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>The tool as it is, in a folder with a small classifier <c>model.onnx</c> and data for it.</summary>
internal sealed class Tool : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Tool()
    {
        Save("model.onnx", Classifier());
        Npy("x.npy", ElementType.Float32, [4, 3], [.. Enumerable.Range(0, 12).Select(i => Math.Sin(i + 1))]);
        Npy("labels.npy", ElementType.Int64, [4], [0, 1, 1, 0]);
    }

    /// <summary>The path of a file.</summary>
    public string this[string name] => _folder.File(name);

    /// <summary>softmax(tanh(x w) v) as <c>p</c>, the logits as <c>z</c>, and the class as <c>class</c>.</summary>
    public static ModelProto Classifier() =>
        Model(
            new GraphProto
            {
                Name = "classifier",
                Input = { Info("x", 1, "N", 3) },
                Output = { Info("p", 1, "N", 2), Info("class", 7, "N", 1) },
                Initializer = { Floats("w", 3, 4), Floats("v", 4, 2), Floats("unused", 5), Integers("sizes", 0, 2) },
                Node =
                {
                    Node("MatMul", "x w", "h"),
                    Node("Tanh", "h", "t"),
                    Node("MatMul", "t v", "y"),
                    Node("Reshape", "y sizes", "z"),
                    Node("Softmax", "z", "p"),
                    Node("ArgMax", "p", "class", Int("axis", 1)),
                },
            }
        );

    /// <summary>Writes a model.</summary>
    public void Save(string name, ModelProto model) => File.WriteAllBytes(this[name], model.ToByteArray());

    /// <summary>Writes an array.</summary>
    public void Npy(string name, ElementType element, long[] shape, params double[] values) =>
        NpyWriter.Write(this[name], NpyArray.Of(element, shape, values));

    /// <summary>Runs the tool; words that begin with '@' name files of the folder.</summary>
    public ToolRun Run(string words) =>
        ToolRun.Of(
            new CurvatureService(),
            [
                .. words
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(word => word.Replace("@", _folder.Path + "/", StringComparison.Ordinal)),
            ]
        );

    /// <summary>The files there are.</summary>
    public IEnumerable<string> Files =>
        Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    /// <summary>A member of a result.</summary>
    public double[] Read(string file, string member)
    {
        using var reader = NpzReader.Open(this[file]);
        return reader.Read(member).ToDoubles();
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();

    private static TensorProto Integers(string name, params long[] values) =>
        new()
        {
            Name = name,
            DataType = 7,
            Dims = { values.Length },
            Int64Data = { values },
        };
}
