using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Wire;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// A model that was loaded from an ONNX file: its graph in canonical form, and what a file that is made from it takes over. Weights
/// stay in the file until they are asked for.
/// </summary>
internal sealed class OnnxModel
{
    private readonly Lazy<Task<string>> _sha256;

    private OnnxModel(ModelReader file, NodeLoader loader, ModelGraph graph, Precision precision)
    {
        Path = file.File.Path;
        Files = [Path, .. file.ExternalFiles];
        IrVersion = (int)file.Model.IrVersion;
        OpsetImports = FunctionLibrary.OpsetsOf(file.Model.OpsetImport);
        Graph = graph;
        Program = graph.Builder.Build(graph.Inputs, graph.Outputs);
        var inputs = file.Model.Graph.Input.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        OverridableInitializers =
            IrVersion < 4 ? [] : [.. file.Model.Graph.Initializer.Select(tensor => tensor.Name).Where(inputs.Contains)];
        UnknownNodes = [.. loader.UnknownNodes];
        UndecidedInputs = DeterminingInputs.Of(loader.Undecided, graph.Inputs);
        LeftOutNodes = [.. loader.LeftOutNodes];
        Notes = [.. NotesOn(loader, precision), .. loader.LeftOutOutputs];
        Name = file.Model.Graph.Name;
        Documentation = file.Model.DocString;
        Producer = file.Model.ProducerName;
        Metadata = file
            .Model.MetadataProps.GroupBy(entry => entry.Key, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        _sha256 = new Lazy<Task<string>>(() => Task.Run(() => FileDigest.Of(Path)));
    }

    /// <summary>The full path of the file.</summary>
    public string Path { get; }

    /// <summary>The full paths of all files that the model is read from: its own, and those of external weights.</summary>
    public ImmutableArray<string> Files { get; }

    /// <summary>The version of the file format.</summary>
    public int IrVersion { get; }

    /// <summary>The opset of ai.onnx that the file uses.</summary>
    public int Opset => OpsetImports[""];

    /// <summary>The opsets of all domains; ai.onnx has the empty name.</summary>
    public IReadOnlyDictionary<string, int> OpsetImports { get; }

    /// <summary>The graph, to which derivatives can be appended.</summary>
    public ModelGraph Graph { get; }

    /// <summary>The program that computes the outputs.</summary>
    public Program Program { get; }

    /// <summary>The builder of the graph.</summary>
    public GraphBuilder Builder => Graph.Builder;

    /// <summary>The inputs that a caller feeds, in order; initializers that the file lists among the inputs are constants.</summary>
    public ImmutableArray<Value> Inputs => Graph.Inputs;

    /// <summary>The outputs of the model, in order.</summary>
    public ImmutableArray<NamedValue> Outputs => Graph.Outputs;

    /// <summary>Every value that the outermost graph names.</summary>
    public IReadOnlyDictionary<string, Value> Values => Graph.Values;

    /// <summary>The floating-point constants that the outermost graph names and uses as weights, in its order.</summary>
    public ImmutableArray<Value> Weights => Graph.Weights;

    /// <summary>The initializers that a caller may replace by feeding them, as files of IR version 4 and later allow.</summary>
    public ImmutableArray<string> OverridableInitializers { get; }

    /// <summary>The nodes of operators, or forms of operators, that the catalogue does not have.</summary>
    public ImmutableArray<Node> UnknownNodes { get; }

    /// <summary>
    /// The inputs whose elements would have to be known for all nodes to be taken, since sizes, axes or counts come from them.
    /// </summary>
    public ImmutableArray<Value> UndecidedInputs { get; }

    /// <summary>The nodes that a partial load left out.</summary>
    public ImmutableArray<LeftOutNode> LeftOutNodes { get; }

    /// <summary>The changes that loading made, in sentences.</summary>
    public ImmutableArray<string> Notes { get; }

    /// <summary>The name of the graph.</summary>
    public string Name { get; }

    /// <summary>The model's documentation.</summary>
    public string Documentation { get; }

    /// <summary>The program that wrote the file.</summary>
    public string Producer { get; }

    /// <summary>The file's metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The SHA-256 of the file in hexadecimal digits; waits until the whole file is read.</summary>
    public string Sha256 => _sha256.Value.GetAwaiter().GetResult();

    /// <summary>Begins to read the whole file for <see cref="Sha256"/>, besides what else is done.</summary>
    public void BeginSha256() => _ = _sha256.Value;

    /// <summary>
    /// Loads a model. Throws <see cref="UserErrorException"/> where the file is none, is malformed, or holds nodes whose types are not
    /// known.
    /// </summary>
    public static OnnxModel Load(string path, LoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        options ??= new LoadOptions();
        return Load(Read(path, options.Limits), options);
    }

    /// <summary>
    /// Reads the structure of a file, of which models are then made by any number of options. Throws <see cref="UserErrorException"/> where
    /// the file is no ONNX model, or holds more than the limits allow.
    /// </summary>
    public static ModelReader Read(string path, WorkLimits limits) => WithinLimits(path, () => ModelReader.Read(path, limits));

    /// <summary>Makes a model of a file that has been read; see the other method of this name.</summary>
    public static OnnxModel Load(ModelReader file, LoadOptions options) =>
        WithinLimits(
            file.File.Path,
            () =>
            {
                CheckVersions(file.File.Path, file.Model);
                var opsets = FunctionLibrary.OpsetsOf(file.Model.OpsetImport);
                var loader = new NodeLoader(file, options);
                new ExpansionCount(file.Model, file.File.Path).Check(options.Limits);
                var graph = new GraphLoader(file, loader, options).Load(opsets);
                graph.Builder.Budget = new WorkBudget(WorkLimits.OfDerivatives);
                return new OnnxModel(file, loader, graph, options.Precision);
            }
        );

    private static T WithinLimits<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is ShapeException or ArithmeticException)
        {
            throw new UserErrorException($"A size in '{path}' is out of range: {exception.Message.TrimEnd('.')}.");
        }
        catch (WorkLimitException exception)
        {
            var where = NodeTrace.Of(exception) is { } node ? $", at {node}" : "";
            throw new UserErrorException($"Loading '{path}' was stopped{where}: {exception.Message}.");
        }
    }

    private static IEnumerable<string> NotesOn(NodeLoader loader, Precision precision)
    {
        if (loader.Widening.IsUsed)
            yield return precision == Precision.Float64
                ? "All of the model is computed in float64, to which its weights and inputs are widened."
                : "The model computes in 16-bit floats; here all of it is computed in float32, and results are float32.";
        if (loader.Widening.Recovered.Count > 0)
            yield return $"Numbers of formulas that the file rounds to float32 are taken for what they were: "
                + $"{Listed(loader.Widening.Recovered.Values)}; "
                + "weights, and values that are differentiated by, are what the file says.";
        if (loader.StraightThrough.Count > 0)
            yield return $"Derivatives pass straight through the rounding before {Some(loader.StraightThrough)}, as if it were the "
                + $"identity, so they are estimates and not derivatives of what the model computes.";
        if (loader.Sampled.Count > 0)
            yield return $"{Some(loader.Sampled)} would sample anew in every run; here the random numbers are sampled once, by a generator "
                + $"of this program, and are constants.";
    }

    private static string Listed(IEnumerable<double> numbers) =>
        string.Join(", ", numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private static string Some(List<string> nodes) =>
        nodes.Count <= 3 ? string.Join(", ", nodes) : $"{nodes[0]}, {nodes[1]} and {nodes.Count - 2} more nodes";

    private static void CheckVersions(string path, Proto.ModelProto model)
    {
        if (model.IrVersion is < 3 or > (int)Proto.Version.IrVersion)
            throw new UserErrorException(
                $"'{path}' has IR version {model.IrVersion}; versions 3 to {(int)Proto.Version.IrVersion} are supported."
            );
        long[] opsets = [.. model.OpsetImport.Where(import => FunctionLibrary.DomainOf(import) == "").Select(import => import.Version)];
        if (opsets.Length == 0)
            throw new UserErrorException($"'{path}' names no opset of ai.onnx.");
        if (opsets.Max() is var opset and (< 1 or > 27))
            throw new UserErrorException($"'{path}' uses opset {opset}; opsets 1 to 27 are supported, so convert the model first.");
    }
}
