using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Indexing;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Structure;
using Xunit;

namespace OnnxCurvature.Tests.Programs;

/// <summary>The verifier, the printer, and what is known of the contents of shapes.</summary>
public sealed class ProgramTests
{
    private readonly GraphBuilder _b = new();

    [Fact]
    public void A_program_is_listed_node_by_node()
    {
        var x = _b.Parameter(new TensorType(ElementType.Float32, [Dim.Symbol("N"), 3]), "x");
        using var origin = _b.For(NodeOrigin.Loss);
        var sum = ReduceSum.All(_b, Mul.Of(_b, x, _b.Scalar(ElementType.Float32, 0.5)));
        Assert.Equal(
            """
            (x: float32[N,3]) {
              %1 = Mul(x, float32[]<0.5>) : float32[N,3]  # loss
              %2 = ReduceSum(%1) {axes=[0,1], keepdims=0} : float32[]  # loss
              return loss = %2
            }

            """.ReplaceLineEndings("\n"),
            ProgramPrinter.Print(_b.Build([x], [new("loss", sum)]))
        );
    }

    [Fact]
    public void A_program_whose_values_are_all_defined_is_verified()
    {
        var x = Vector("x");
        ProgramVerifier.Verify(_b.Build([x], [new("y", Add.Of(_b, x, _b.Scalar(ElementType.Float32, 1)))]));
    }

    [Fact]
    public void A_value_that_nothing_defines_is_found()
    {
        var program = _b.Build([], [new("y", Neg.Of(_b, Vector("x")))]);
        Assert.Contains(
            "takes the value x",
            Assert.Throws<InvalidOperationException>(() => ProgramVerifier.Verify(program)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Two_outputs_of_the_same_name_are_found()
    {
        var x = Vector("x");
        var program = _b.Build([x], [new("y", Neg.Of(_b, x)), new("y", x)]);
        Assert.Contains(
            "'y'",
            Assert.Throws<InvalidOperationException>(() => ProgramVerifier.Verify(program)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Contents_of_computed_shapes_are_known_as_dimensions()
    {
        var x = _b.Parameter(new TensorType(ElementType.Float32, [Dim.Symbol("N"), 3, 4]), "x");
        var shape = Shape.Of(_b, x);
        Assert.Equal(["N", "3", "4"], Contents(shape));
        Assert.Equal(["4", "N"], Contents(Gather.Of(_b, shape, _b.Vector(-1, 0), 0)));
        Assert.Equal(["3", "4"], Contents(Slice.Of(_b, shape, 0, 1, 3)));
        Assert.Equal(["2*N", "6", "8"], Contents(Mul.Of(_b, shape, _b.Vector(2))));
        Assert.Equal(["(N+1)", "4", "5"], Contents(Add.Of(_b, shape, _b.Vector(1))));
        Assert.Equal(["0", "0", "0"], Contents(Sub.Of(_b, shape, shape)));
        Assert.Equal(["(N)/(2)", "1", "2"], Contents(Div.Of(_b, shape, _b.Vector(2))));
        Assert.Equal(["(N)%(2)", "1", "0"], Contents(Mod.Of(_b, shape, _b.Vector(2))));
        Assert.Equal(["N", "3", "4", "-1"], Contents(Concat.Of(_b, [shape, _b.Vector(-1)], 0)));
        var limit = Cast.Of(_b, Gather.Of(_b, shape, _b.Scalar(ElementType.Int64, 2), 0), ElementType.Float32);
        Assert.Equal(
            "[4]",
            Catalogue
                .Get<OnnxCurvature.Ops.Structure.Range>()
                .Apply(_b, [_b.Scalar(ElementType.Float32, 0), limit, _b.Scalar(ElementType.Float32, 1)])
                .Output.Type.Shape.ToString()
        );
        Assert.Equal(["2"], Contents(Mod.Of(_b, _b.Vector(-1), _b.Vector(3))));
        Assert.Equal(["(N)%(3)", "0", "1"], Contents(Mod.Of(_b, shape, _b.Vector(3))));
        Assert.Equal(["(1)%(0)"], Contents(Mod.Of(_b, _b.Vector(1), _b.Vector(0))));
        Assert.Equal(["N", "3", "4"], Contents(Cast.Of(_b, shape, ElementType.Int32)));
    }

    private Value Vector(string name) => _b.Parameter(new TensorType(ElementType.Float32, [2]), name);

    private static IEnumerable<string> Contents(Value value) => value.Contents!.Value.Select(dim => dim.ToString());
}
