using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Methods;

/// <summary>The notes of a plan on weights that hold the same numbers, in a language model e[ids] m → · t + b.</summary>
public sealed class UntiedCopyTests : IDisposable
{
    private const int Words = 300;
    private const int Width = 200;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Precision.Model)]
    [InlineData(Precision.Float64)]
    public void A_weight_that_an_exporter_has_split_is_named_with_its_copy(Precision precision)
    {
        var note = Assert.Single(Notes(Entry, precision, "e", "t", "b"), IsOfCopies);
        Assert.Contains("'e' and 't' (transposed); derivatives are those by each alone", note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_of_the_same_layout_is_a_copy_as_it_is() =>
        Assert.Contains(
            "'e' and 'copy';",
            Assert.Single(Notes((_, _) => 1, Precision.Model, "e", "copy"), IsOfCopies),
            StringComparison.Ordinal
        );

    [Fact]
    public void Weights_that_differ_in_one_entry_are_no_copies() =>
        Assert.DoesNotContain(
            Notes((row, column) => (row, column) == (Words - 2, Width - 1) ? -7 : Entry(row, column), Precision.Model, "t"),
            IsOfCopies
        );

    [Fact]
    public void Weights_that_were_never_trained_are_no_copies() => Assert.DoesNotContain(Notes(Entry, Precision.Model, "ones"), IsOfCopies);

    private static bool IsOfCopies(string note) => note.Contains("the same numbers", StringComparison.Ordinal);

    /// <summary>An entry of the embedding; the first is that of the product, too.</summary>
    private static float Entry(int row, int column) => MathF.Sin(Width * row + column + 1);

    private System.Collections.Immutable.ImmutableArray<string> Notes(
        Func<int, int, float> copy,
        Precision precision,
        params string[] targets
    )
    {
        var path = Model(
                new GraphProto
                {
                    Name = "language",
                    Input = { Info("ids", 7, "N") },
                    Output = { Info("z", 1, "N", Words) },
                    Initializer =
                    {
                        Weight("e", [Words, Width], index => Entry(index / Width, index % Width)),
                        Weight("t", [Width, Words], index => copy(index % Words, index / Words)),
                        Weight("copy", [Words, Width], index => targets.Contains("copy") ? Entry(index / Width, index % Width) : index),
                        Weight("ones", [Width], _ => 1),
                        Weight("more", [Width], _ => 1),
                        Weight("b", [Words], index => index),
                    },
                    Node =
                    {
                        Node("Gather", "e ids", "h"),
                        Node("Gather", "copy ids", "g"),
                        Node("Mul", "h ones", "i"),
                        Node("Mul", "g more", "j"),
                        Node("Mul", "i j", "k"),
                        Node("MatMul", "k t", "y"),
                        Node("Add", "y b", "z"),
                    },
                }
            )
            .Save(_folder);
        var graph = OnnxModel.Load(path, new LoadOptions { Precision = precision }).Graph;
        var request = new CurvatureRequest
        {
            WithRespectTo = [.. targets],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.Gradient],
            Precision = precision,
        };
        return new Planner(graph, request, new PlanLimits()).Plan().Notes;
    }
}
