using System.Diagnostics;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Onnx.Writing;

/// <summary>Writes programs as ONNX models. The same program and options give the same bytes.</summary>
internal static class OnnxWriter
{
    /// <summary>The lowest opset, from 13 on, that can say a program.</summary>
    public static int MinimumOpset(Program program) =>
        program
            .Nodes.Select(node => Math.Max(LowestOf(node), node.Bodies.Select(MinimumOpset).DefaultIfEmpty(OpsetRange.Lowest).Max()))
            .DefaultIfEmpty(OpsetRange.Lowest)
            .Max();

    /// <summary>
    /// Writes a model. It is put in place, with the file of weights beside it, only when it is complete. Throws
    /// <see cref="UserErrorException"/> where the options do not fit the program or the files cannot be written, and
    /// <see cref="OperationCanceledException"/> with nothing written where the options ask for it.
    /// </summary>
    public static WriteResult Write(Program program, string path, WriteOptions? options = null)
    {
        options ??= new WriteOptions();
        using var files = new ModelFiles(path, options.Files);
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        var opset = OpsetFor(program, options);
        RealPath.RefuseOverwriting(path, options.Source?.Files ?? []);
        // A runtime may open the model by either name of a link that leads elsewhere, and looks for other files beside that one.
        var isElsewhere = files.Folder != RealPath.Of(folder);
        var placer = new WeightPlacer(folder, isElsewhere ? WeightPlacement.Embed : options.Weights, canWriteBeside: true);
        var (model, emitted) = Assemble(program, opset, options);
        var initializers = emitted.Initializers.Select(entry => placer.Place(entry.Name, entry.Constant)).ToList();
        ListOverridable(emitted.Graph, initializers, options.Source);
        var beside = placer.Beside.Count > 0;
        string? dataPath = null;
        var lines = placer.References.Select(file => FileDigest.Line(DigestOf(file.Value, options.Source), file.Key)).ToList();
        if (beside)
            dataPath = Path.Combine(folder, WriteBeside(files, placer, lines));
        AddMetadata(model, options, lines);
        files.WriteModel(stream => ModelStream.Write(stream, model, emitted.Graph, initializers));
        files.Commit(options.Cancellation);
        Debug.Assert(OnnxChecker.Check(path) is [], $"The written model is malformed: {string.Join(" ", OnnxChecker.Check(path))}");
        return new WriteResult(path, opset, placer.Placement, dataPath, [.. placer.References.Keys]);
    }

    /// <summary>
    /// The bytes of a model for a runtime. Weights that lie in files of <paramref name="folder"/> or below it are taken by reference,
    /// relative to it, unless the options say to embed them; all others are in the bytes.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">The folder of the model.</param>
    /// <param name="options">How it is written.</param>
    /// <param name="referenced">Receives the weights that are taken by reference.</param>
    public static byte[] Serialize(
        Program program,
        string folder,
        WriteOptions? options = null,
        Action<ReferencedWeight>? referenced = null
    )
    {
        options ??= new WriteOptions();
        var placer = new WeightPlacer(Path.GetFullPath(folder), options.Weights, canWriteBeside: false);
        var (model, emitted) = Assemble(program, OpsetFor(program, options), options);
        var initializers = emitted.Initializers.Select(entry => placer.Place(entry.Name, entry.Constant)).ToList();
        ListOverridable(emitted.Graph, initializers, options.Source);
        AddMetadata(model, options, []);
        using var stream = new MemoryStream();
        ModelStream.Write(stream, model, emitted.Graph, initializers);
        if (referenced is not null)
        {
            var uses = UsesOf(emitted.Graph).ToLookup(use => use.Input, use => use.Operator);
            foreach (var (name, constant) in placer.Referenced)
                referenced(new ReferencedWeight(name, constant, uses[name].ToHashSet(StringComparer.Ordinal)));
        }
        return stream.ToArray();
    }

    /// <summary>The values that the nodes of a graph and of its bodies take, with the operators that take them.</summary>
    private static IEnumerable<(string Input, string Operator)> UsesOf(GraphProto graph) =>
        graph.Node.SelectMany(node =>
            node.Input.Select(input => (input, node.OpType))
                .Concat(node.Attribute.Where(attribute => attribute.G is not null).SelectMany(attribute => UsesOf(attribute.G)))
        );

    /// <summary>Writes the file of weights, notes its digest, and gives its name.</summary>
    private static string WriteBeside(ModelFiles files, WeightPlacer placer, List<string> lines)
    {
        var digest = "";
        var name = files.WriteWeights(stream => digest = placer.WriteBeside(stream));
        lines.Add(FileDigest.Line(digest, name));
        placer.NameBeside(name);
        return name;
    }

    private static int OpsetFor(Program program, WriteOptions options)
    {
        var lowest = MinimumOpset(program);
        var opset = options.Opset ?? Math.Max(lowest, Math.Min(options.Source?.Opset ?? 0, OpsetRange.Highest));
        if (options.Opset is not null && opset is < OpsetRange.LowestOnRequest or > OpsetRange.Highest && opset != lowest)
            throw new UserErrorException(
                $"Opset {opset} was asked for; models are written in opsets {OpsetRange.LowestOnRequest} to {OpsetRange.Highest}."
            );
        if (opset > OpsetRange.Newest)
            throw new UserErrorException(
                $"The program holds a node of opset {opset}, and ONNX Runtime runs opsets up to {OpsetRange.Newest}."
            );
        if (opset < lowest && lowest > OpsetRange.Lowest)
            throw new UserErrorException($"Opset {opset} was asked for, but {Highest(program, lowest)} needs opset {lowest} or later.");
        return opset;
    }

    /// <summary>The lowest opset that knows a node and the types of its values.</summary>
    private static int LowestOf(Node node) =>
        Math.Max(
            node.Rules().MinimumOpset(node),
            node.Inputs.OfType<Value>().Concat(node.Outputs).Select(value => value.Type.Element.MinimumOpset()).DefaultIfEmpty(1).Max()
        );

    private static string Highest(Program program, int opset)
    {
        foreach (var node in program.Nodes)
        {
            if (LowestOf(node) == opset)
                return node.Origin is { } origin ? $"{node.Operator.Name} (of {origin})" : node.ToString();
            foreach (var body in node.Bodies)
                if (MinimumOpset(body) == opset)
                    return Highest(body, opset);
        }
        return "the program";
    }

    private static (ModelProto Model, GraphEmitter Graph) Assemble(Program program, int opset, WriteOptions options)
    {
        var source = options.Source;
        var emitted = GraphEmitter.Emit(program, opset);
        emitted.Graph.Name = source?.Name is { Length: > 0 } name ? name : "graph";
        var model = new ModelProto { IrVersion = IrVersionOf(opset), ProducerName = options.Producer };
        if (source?.Documentation is { Length: > 0 } text)
            model.DocString = text;
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = opset });
        foreach (var domain in emitted.Domains)
            model.OpsetImport.Add(
                new OperatorSetIdProto { Domain = domain, Version = source?.OpsetImports.GetValueOrDefault(domain, 1) ?? 1 }
            );
        if (opset < OpsetRange.Lowest)
            CheckOldForm(model, emitted);
        return (model, emitted);
    }

    /// <summary>Operators say their forms from opset 13 on; before that the table of operators says whether a form is there.</summary>
    private static void CheckOldForm(ModelProto model, GraphEmitter emitted)
    {
        var opset = (int)model.OpsetImport[0].Version;
        var header = model.Clone();
        header.Graph = emitted.Graph.Clone();
        header.Graph.Initializer.AddRange(emitted.Initializers.Select(entry => TensorWriter.Header(entry.Name, entry.Constant.Type)));
        if (OnnxChecker.Check(header) is [var problem, ..])
            throw new UserErrorException($"Opset {opset} cannot say the program: {problem.TrimEnd('.')}; ask for a newer opset.");
    }

    private static void AddMetadata(ModelProto model, WriteOptions options, List<string> weightFiles)
    {
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in (options.Source?.Metadata ?? new Dictionary<string, string>()).Concat(options.Metadata))
            metadata[key] = value;
        if (options.WeightFilesKey is { } list)
            metadata[list] = string.Join('\n', weightFiles);
        model.MetadataProps.AddRange(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
    }

    /// <summary>The digest of the source is known already, or is being computed.</summary>
    private static string DigestOf(string path, OnnxModel? source) => path == source?.Path ? source.Sha256 : FileDigest.Of(path);

    /// <summary>The oldest version of the file format that an opset goes with.</summary>
    internal static int IrVersionOf(int opset) =>
        opset switch
        {
            <= 11 => 6,
            <= 14 => 7,
            <= 18 => 8,
            <= 20 => 9,
            <= 22 => 10,
            23 => 11,
            24 => 12,
            _ => 13,
        };

    private static void ListOverridable(GraphProto graph, List<Initializer> initializers, OnnxModel? source)
    {
        if (source is null)
            return;
        var given = graph.Input.Select(input => input.Name).ToHashSet(StringComparer.Ordinal);
        var overridable = source.OverridableInitializers.ToHashSet(StringComparer.Ordinal);
        foreach (var (header, _) in initializers)
            if (overridable.Contains(header.Name) && given.Add(header.Name))
                graph.Input.Add(TypeWriter.Info(header.Name, new TensorType((ElementType)header.DataType, TensorShape.Of(header.Dims))));
    }
}

/// <summary>A weight that the bytes of a model refer to.</summary>
/// <param name="Name">The name of its initializer.</param>
/// <param name="Constant">Where its elements lie.</param>
/// <param name="Operators">The names of the operators whose nodes take it.</param>
internal sealed record ReferencedWeight(string Name, MappedConstant Constant, IReadOnlySet<string> Operators);
