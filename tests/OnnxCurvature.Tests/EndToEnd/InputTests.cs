using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>Inputs that hold no samples, names and files of all kinds, and outputs that are not on the way to the loss.</summary>
public sealed class InputTests
{
    [Fact]
    public void Weights_that_are_inputs_of_the_file_are_differentiated_as_weights()
    {
        using var tool = new Tool();
        tool.Save(
            "open.onnx",
            Model(
                new GraphProto
                {
                    Name = "open",
                    Input = { Info("x", 1, "N", 3), Info("a", 1, 4, 3), Info("b", 1, 2, 4) },
                    Output = { Info("z", 1, "N", 2) },
                    Node =
                    {
                        Node("Gemm", "x a", "h", Int("transB", 1)),
                        Node("Tanh", "h", "t"),
                        Node("Gemm", "t b", "z", Int("transB", 1)),
                    },
                }
            )
        );
        tool.Save(
            "closed.onnx",
            Model(
                new GraphProto
                {
                    Name = "closed",
                    Input = { Info("x", 1, "N", 3) },
                    Output = { Info("z", 1, "N", 2) },
                    Initializer = { Weight("a", [4, 3], A), Weight("b", [2, 4], B) },
                    Node =
                    {
                        Node("Gemm", "x a", "h", Int("transB", 1)),
                        Node("Tanh", "h", "t"),
                        Node("Gemm", "t b", "z", Int("transB", 1)),
                    },
                }
            )
        );
        tool.Npy("a.npy", ElementType.Float32, [4, 3], [.. Enumerable.Range(0, 12).Select(A)]);
        tool.Npy("b.npy", ElementType.Float32, [2, 4], [.. Enumerable.Range(0, 8).Select(B)]);
        tool.Npy("x40.npy", ElementType.Float32, [40, 3], [.. Enumerable.Range(0, 120).Select(index => Math.Sin(index))]);
        tool.Npy("labels40.npy", ElementType.Int64, [40], [.. Enumerable.Range(0, 40).Select(index => index % 3 % 2)]);
        const string Words = "--wrt a --loss cross-entropy --precision float64 --batch-size 7 --data x=@x40.npy labels=@labels40.npy";
        var open = tool.Run($"run @open.onnx -o @open.npz {Words} a=@a.npy b=@b.npy");
        Assert.True(open.Code == ExitCodes.Success, open.ToString());
        Assert.Contains("40 samples in 6 batches", open.Output, StringComparison.Ordinal);
        Assert.Contains("square root of the output Hessian", open.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Success, tool.Run($"run @closed.onnx -o @closed.npz {Words}").Code);
        foreach (var name in (string[])["loss", "a.gradient", "a.hessian_diagonal"])
            Assert.All(
                tool.Read("closed.npz", name).Zip(tool.Read("open.npz", name)),
                pair => Assert.Equal(pair.First, pair.Second, 1e-14),
                throwIfEmpty: true
            );

        static double A(int index) => Math.Cos(index + 1);
        static double B(int index) => Math.Sin(2 * index + 1);
    }

    /// <summary>y = Σ x² in other shapes, which are inputs; the gradient is 2x wherever they lie.</summary>
    [Theory]
    [InlineData("CumSum", "k", 0, "y")]
    [InlineData("Reshape", "k", 1, "y")]
    [InlineData("Expand", "k", 1, "y")]
    [InlineData("ReduceSum", "k", 1, "y")]
    [InlineData("Unsqueeze", "k", 1, "y")]
    public void Data_for_axes_and_shapes_are_constant_with_a_note(string op, string input, int rank, string output)
    {
        using var tool = new Tool();
        tool.Save(
            "sizes.onnx",
            Model(
                new GraphProto
                {
                    Name = "sizes",
                    Input = { Info("x", 1, 2, 3), rank == 0 ? Info(input, 7) : Info(input, 7, op is "Reshape" or "Expand" ? 2 : 1) },
                    Output = { Info(output, 1) },
                    Node = { Node("Mul", "x x", "q"), Node(op, $"q {input}", output) },
                }
            )
        );
        tool.Npy("x2.npy", ElementType.Float32, [2, 3], [1, 2, 3, 4, 5, 6]);
        tool.Npy(
            "k.npy",
            ElementType.Int64,
            rank == 0 ? []
                : op is "Reshape" or "Expand" ? [2]
                : [1],
            op == "Reshape" ? [3, 2]
                : op == "Expand" ? [2, 3]
                : [0]
        );
        var run = tool.Run($"run @sizes.onnx -o @o.npz --wrt x --loss sum:{output} --data x=@x2.npy {input}=@k.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains(
            $"The data of '{input}' are taken as constant, because sizes, axes or counts depend on them.",
            run.Output,
            StringComparison.Ordinal
        );
        // The first row is summed up twice where sums run on.
        double[] times = op == "CumSum" ? [2, 2, 2, 1, 1, 1] : [1, 1, 1, 1, 1, 1];
        Assert.Equal([.. times.Select((count, index) => 2 * count * (index + 1))], tool.Read("o.npz", "x.gradient"));
    }

    [Fact]
    public void A_list_of_no_axes_is_no_data_set_without_samples()
    {
        using var tool = new Tool();
        tool.Save(
            "none.onnx",
            Model(
                new GraphProto
                {
                    Name = "none",
                    Input = { Info("x", 1, 2, 3), Info("axes", 7, 0) },
                    Output = { Info("y", 1) },
                    Node = { Node("ReduceSum", "x axes", "y", Int("keepdims", 0)) },
                }.Also(graph => graph.Input[1].Type.TensorType.Shape.Dim[0].DimParam = "A")
            )
        );
        tool.Npy("x2.npy", ElementType.Float32, [2, 3], [1, 2, 3, 4, 5, 6]);
        tool.Npy("axes.npy", ElementType.Int64, [0]);
        var run = tool.Run("run @none.onnx -o @o.npz --wrt x --loss sum --data x=@x2.npy axes=@axes.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Equal([21.0], tool.Read("o.npz", "loss"));
    }

    [Fact]
    public void Names_and_files_may_hold_signs_of_equality()
    {
        using var tool = new Tool();
        tool.Save(
            "sign.onnx",
            Model(
                new GraphProto
                {
                    Name = "sign",
                    Input = { Info("in=put", 1, "N", 3) },
                    Output = { Info("y", 1, "N", 3) },
                    Initializer = { Floats("w", 3) },
                    Node = { Node("Mul", "in=put w", "y") },
                }
            )
        );
        tool.Npy("x=1.npy", ElementType.Float32, [1, 3], [1, 2, 3]);
        Assert.Equal(ExitCodes.Success, tool.Run("run @sign.onnx -o @o.npz --wrt w --loss sum --data in=put=@x.npy").Code);
        Assert.Equal(ExitCodes.Success, tool.Run("run @sign.onnx -o @o.npz --wrt w --loss sum --data in=put=@x=1.npy").Code);
        Assert.Equal([1.0, 2, 3], tool.Read("o.npz", "w.gradient"));
        var missing = tool.Run("run @sign.onnx -o @o.npz --wrt w --loss sum --data in=put=@nowhere.npy");
        Assert.Contains("nowhere.npy'; check the path", missing.Error, StringComparison.Ordinal);
        Assert.Contains(
            "is no INPUT=FILE",
            tool.Run("run @sign.onnx -o @o.npz --wrt w --loss sum --data in").Error,
            StringComparison.Ordinal
        );
    }

    /// <summary>As a cache of downloads has it: links in one folder to files in another, with names of their own.</summary>
    [Fact]
    public void A_model_and_its_weights_may_be_symbolic_links()
    {
        using var tool = new Tool();
        Directory.CreateDirectory(tool["blobs"]);
        Directory.CreateDirectory(tool["revision"]);
        var model = Model(
            new GraphProto
            {
                Name = "linked",
                Input = { Info("x", 1, "N", 3) },
                Output = { Info("y", 1, "N", 400) },
                Initializer =
                {
                    External("w", "weights.data", 1200)
                        .Also(w =>
                        {
                            w.Dims.Clear();
                            w.Dims.AddRange([3, 400]);
                        }),
                },
                Node = { Node("MatMul", "x w", "y") },
            }
        );
        tool.Save("blobs/a1", model);
        File.WriteAllBytes(tool["blobs/b2"], new byte[4800]);
        File.CreateSymbolicLink(tool["revision/model.onnx"], "../blobs/a1");
        File.CreateSymbolicLink(tool["revision/weights.data"], "../blobs/b2");
        foreach (
            var words in (string[])
                [
                    "inspect @revision/model.onnx",
                    "augment @revision/model.onnx -o @augmented.onnx --wrt w --loss sum",
                    "run @revision/model.onnx -o @o.npz --wrt w --loss sum --data x=@x.npy",
                    "verify @revision/model.onnx --wrt w --loss sum --data x=@x.npy",
                    "run @augmented.onnx -o @p.npz --data x=@x.npy",
                ]
        )
        {
            var run = tool.Run(words);
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
        }
        Assert.Equal(tool.Read("o.npz", "w.gradient"), tool.Read("p.npz", "w.gradient"));
        File.Delete(tool["revision/weights.data"]);
        File.WriteAllBytes(tool["elsewhere"], new byte[4800]);
        File.CreateSymbolicLink(tool["revision/weights.data"], "../elsewhere");
        Assert.Contains("a link that leaves the model's folder", tool.Run("inspect @revision/model.onnx").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Outputs_that_are_not_on_the_way_to_the_loss_are_left_out_where_they_cannot_be_taken()
    {
        using var tool = new Tool();
        tool.Save(
            "sides.onnx",
            Model(
                new GraphProto
                {
                    Name = "sides",
                    Input = { Info("x", 1, "N", 3) },
                    Output =
                    {
                        Info("y", 1, "N", 3),
                        Info("map", 1).Also(map => map.Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() }),
                        Info("parts", 1),
                    },
                    Initializer = { Floats("w", 3), Integers("sizes", 1, 2) },
                    Node =
                    {
                        Node("Mul", "x w", "y"),
                        Node("Unheard", "y", "map"),
                        Node("SplitToSequence", "y sizes", "parts", Int("axis", 1)),
                    },
                }
            )
        );
        var run = tool.Run("run @sides.onnx -o @o.npz --wrt w --loss sum --data x=@x.npy");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        Assert.Contains(
            "The output 'map' is left out, because a node that it depends on cannot be taken: Unheard that makes 'map' (opset 17): "
                + "Unheard is not in the operator catalogue.",
            run.Output,
            StringComparison.Ordinal
        );
        Assert.Contains("The output 'parts' is left out, because it is a sequence and no tensor.", run.Output, StringComparison.Ordinal);
        Assert.Contains(
            "'parts', which is a sequence",
            tool.Run("run @sides.onnx -o @p.npz --wrt w --loss sum:parts --data x=@x.npy").Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Unheard is not in the operator catalogue",
            tool.Run("run @sides.onnx -o @p.npz --wrt w --loss sum:map --data x=@x.npy").Error,
            StringComparison.Ordinal
        );
        Assert.Equal(ExitCodes.Success, tool.Run("augment @sides.onnx -o @augmented.onnx --wrt w --loss sum").Code);
    }
}
