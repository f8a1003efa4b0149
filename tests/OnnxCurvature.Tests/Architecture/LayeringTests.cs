using Xunit;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Which folder of the library may refer to which, at every depth, read off the source text.</summary>
public sealed class LayeringTests
{
    private const string Library = "src/OnnxCurvature";

    /// <summary>
    /// The folders from the ground up. A folder refers to folders of lower floors, and to those that share its floor.
    /// The rules of an operator build nodes of other operators, so folders of operators share one floor.
    /// A body of control flow holds nodes, and a node may hold bodies, so these share one, too.
    /// </summary>
    private static readonly string[][] Floors =
    [
        ["Errors"],
        ["Ir"],
        ["Files"],
        ["Ops"],
        ["Ops/Evaluation"],
        [
            "Ops/Building",
            "Ops/Families",
            "Ops/Rules",
            "Ops/Attention",
            "Ops/Bits",
            "Ops/ControlFlow",
            "Ops/Convolution",
            "Ops/Elementwise",
            "Ops/Indexing",
            "Ops/Logic",
            "Ops/Losses",
            "Ops/Microsoft",
            "Ops/Normalization",
            "Ops/Pooling",
            "Ops/Products",
            "Ops/Quantization",
            "Ops/Random",
            "Ops/Recurrent",
            "Ops/Reduction",
            "Ops/Sampling",
            "Ops/Signal",
            "Ops/Structure",
        ],
        ["Transforms"],
        ["Passes"],
        // The check of the results of a plan stands below all that plans are made of.
        ["Methods/Requests"],
        ["Methods/Costs"],
        ["Methods/Losses"],
        ["Methods/Checking"],
        ["Methods/Paths"],
        ["Methods/Directions"],
        ["Methods/Sparsity"],
        ["Methods/Contractions"],
        ["Methods/Terms"],
        ["Methods/Staging"],
        ["Methods/Plans"],
        ["Methods/Planning"],
        ["Methods/Derivatives"],
        ["Methods"],
        ["Onnx/Wire"],
        ["Onnx/Tensors"],
        ["Onnx/Checking"],
        ["Onnx/Reading", "Onnx/ControlFlow"],
        ["Onnx/Writing"],
        ["Runtime/Bounds"],
        ["Runtime/Results"],
        ["Runtime/Augmentation"],
        ["Runtime/Sessions"],
        ["Runtime/Machines"],
        ["Runtime/Cuda"],
        ["Runtime/Schedules"],
        ["Runtime/Batches"],
        ["Runtime/Verification"],
        ["Runtime/Checking"],
        ["Runtime/Checkpoints"],
        ["Runtime/Runs"],
        ["Runtime/Inspection"],
        ["Report"],
        ["Analysis/Diagonals"],
        ["Analysis/Statistics"],
        ["Analysis/Reports"],
        ["Analysis/Quantization"],
        ["Analysis/Pruning"],
        ["Analysis/Importance"],
        ["Analysis/Laplace"],
        ["Analysis/Spectra"],
        [""],
    ];

    /// <summary>The parts of the house that know nothing of each other, whatever the order of the floors.</summary>
    private static readonly (string Part, string[] Unknown)[] Walls =
    [
        ("Files", ["Ops"]),
        ("Transforms", ["Files"]),
        ("Passes", ["Files", "Transforms"]),
        ("Methods", ["Files"]),
        ("Onnx", ["Methods", "Passes", "Transforms"]),
        ("Report", ["Onnx", "Ops", "Passes", "Transforms"]),
    ];

    private static readonly SourceFolders Folders = new(Path.Combine(Repository.Root, Library), Repository.SourcesBelow(Library));

    [Fact]
    public void Every_folder_of_the_library_has_a_floor() =>
        Assert.Equal(Folders.All.Order(StringComparer.Ordinal), Floors.SelectMany(floor => floor).Order(StringComparer.Ordinal));

    [Fact]
    public void A_folder_refers_only_to_folders_below_it() =>
        Assert.Empty(
            from file in Folders.Files
            let own = FloorOf(SourceFolders.FolderOf(file))
            from used in Folders.ReferencesOf(file)
            where FloorOf(used) > own
            select $"{file} refers to {used}"
        );

    [Fact]
    public void Parts_that_know_nothing_of_each_other_do_not_refer_to_each_other() =>
        Assert.Empty(
            from file in Folders.Files
            from wall in Walls
            where IsWithin(file, wall.Part)
            from used in Folders.ReferencesOf(file)
            where wall.Unknown.Any(unknown => IsWithin(used + "/", unknown))
            select $"{file} refers to {used}"
        );

    [Fact]
    public void Only_Onnx_sees_protobuf() => OnlyIn("Onnx/", "Google.Protobuf", "Onnx.Proto");

    [Fact]
    public void Only_Runtime_sees_ONNX_Runtime() => OnlyIn("Runtime/", "Microsoft.ML.OnnxRuntime");

    private static int FloorOf(string folder) => Array.FindIndex(Floors, floor => floor.Contains(folder));

    private static bool IsWithin(string file, string part) => file.StartsWith(part + "/", StringComparison.Ordinal);

    private static void OnlyIn(string folder, params string[] names)
    {
        // Samples are programs of users, which run augmented files as anyone would.
        var sources = Repository
            .SourcesBelow("src")
            .Where(file => !IsWithin(file, "samples") && !file.StartsWith($"OnnxCurvature/{folder}", StringComparison.Ordinal));
        Assert.Empty(
            from file in sources
            let text = File.ReadAllText(Path.Combine(Repository.Root, "src", file))
            from name in names
            where text.Contains(name, StringComparison.Ordinal)
            select $"{file} mentions {name}"
        );
    }
}
