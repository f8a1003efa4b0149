using OnnxCurvature.Cli;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.EndToEnd;

/// <summary>
/// Whatever is wrong with the input, there is one sentence that says what and where, the exit code is 2, and no file is written.
/// </summary>
[Trait("Category", "Slow")]
public sealed class BadInputTests
{
    private const string Data = "--data x=@x.npy labels=@labels.npy";
    private const string Loss = "--loss cross-entropy:p";

    public static TheoryData<string, string> Cases =>
        new()
        {
            { $"run @missing.onnx -o @o.npz --wrt w {Loss} {Data}", "There is no file '@missing.onnx'" },
            { $"run @empty.onnx -o @o.npz --wrt w {Loss} {Data}", "'@empty.onnx' is empty" },
            { $"run @text.onnx -o @o.npz --wrt w {Loss} {Data}", "'@text.onnx' is no ONNX model" },
            { $"run @cut.onnx -o @o.npz --wrt w {Loss} {Data}", "'@cut.onnx' is no ONNX model or is cut off" },
            { $"run @x.npy -o @o.npz --wrt w {Loss} {Data}", "'@x.npy' is no ONNX model" },
            { $"run @ -o @o.npz --wrt w {Loss} {Data}", "is a folder" },
            { $"run @elsewhere.onnx -o @o.npz --wrt w {Loss} {Data}", "'nowhere.data', and there is no such file" },
            { $"run @outside.onnx -o @o.npz --wrt w {Loss} {Data}", "outside of the model's folder" },
            { $"run @short.onnx -o @o.npz --wrt w {Loss} {Data}", "'x.npy' is only" },
            {
                $"run @unknown.onnx -o @o.npz --wrt w --loss cross-entropy:y {Data}",
                "Foo 'first' (opset 17): Foo is not in the operator catalogue; Bar 'second' (opset 17): Bar is not in the "
                    + "operator catalogue"
            },
            { $"augment @unknown.onnx -o @o.onnx --wrt w --loss cross-entropy", "Foo 'first'" },
            { $"run @model.onnx -o @o.npz --wrt W {Loss} {Data}", "--wrt 'W' names nothing in the model; the nearest are" },
            { $"run @model.onnx -o @o.npz --wrt conv* {Loss} {Data}", "--wrt 'conv*'" },
            { $"run @model.onnx -o @o.npz --wrt w[3] {Loss} {Data}", "--wrt 'w[3]' is outside of the first axis" },
            { $"run @model.onnx -o @o.npz --wrt w[2:1] {Loss} {Data}", "--wrt 'w[2:1]' holds no index" },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --probes 64",
                "--probes and --seed are of random numbers, and nothing that is asked for takes any"
            },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --method hesscale --seed 1",
                "--probes and --seed are of random numbers, and nothing that is asked for takes any"
            },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --tolerance 2",
                "--tolerance '2' cannot be taken; give a number above 0 and below 1"
            },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --quantity hessian --memory 50",
                "entries, which take 1 MiB, and the limit is 50 bytes"
            },
            { $"run @model.onnx -o @o.npz --wrt sizes {Loss} {Data}", "--wrt 'sizes' names a value of int64" },
            { $"run @model.onnx -o @o.npz --wrt class {Loss} {Data}", "--wrt 'class' names a value of int64" },
            { $"run @model.onnx -o @o.npz --wrt unused {Loss} {Data}", "The loss does not depend on 'unused'" },
            { $"run @model.onnx -o @o.npz --wrt p --loss sum:h --data x=@x.npy", "The loss does not depend on 'p'" },
            { $"run @model.onnx -o @o.npz --wrt w --loss cross-entropy:logits {Data}", "The model has no value 'logits'" },
            { $"run @model.onnx -o @o.npz --wrt w --loss mse:class {Data}", "The loss cannot be taken of 'class'" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@x.npy", "There is no data for the input 'labels'" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} y=@x.npy", "--data 'y' is no input" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@wide.npy labels=@labels.npy", "takes 3 there; reshape it." },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@labels.npy labels=@labels.npy", "labels.npy') holds int64" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@x.npy labels=@floats.npy", "floats.npy') holds float32" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@x.npy labels=@few.npy", "few.npy') holds 3 samples and --data 'x' (" },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@x.npy labels=@three.npy",
                "three.npy') holds the label 2 in sample 2, counted from 0, and the labels of 2 classes are 0 to 1"
            },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@x.npy labels=@negative.npy", "negative.npy') holds the label -1" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@none.npy labels=@nolabels.npy", "holds no samples" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@cut.npy labels=@labels.npy", "cut.npy" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} --data x=@nan.npy labels=@labels.npy", "holds NaN in sample 0, counted from 0" },
            { $"run @log.onnx -o @o.npz --wrt w --loss sum --data x=@x.npy", "holds NaN or infinity, first made by Log 'logarithm'" },
            {
                $"run @own.onnx -o @o.npz --wrt w --loss value --data x=@x.npy t=@three.npy",
                "three.npy') holds the label 3 in sample 3, counted from 0, and the labels of 3 classes are 0 to 2"
            },
            { $"run @division.onnx -o @o.npz --wrt w --loss sum --data x=@x.npy", "ONNX Runtime cannot run the program" },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --memory 10",
                "No plan of the run takes less than about 113 MiB, and the limit is 10 bytes; allow more with --memory"
            },
            {
                $"run @wide.onnx -o @o.npz --wrt w --quantity jacobian --loss sum --data x=@x.npy --memory 9999G",
                "'w.jacobian' would take 13 GiB for a batch, and 2 GiB is the most that one result may have"
            },
            { $"run @model.onnx -o @missing/o.npz --wrt w {Loss} {Data}", "missing' does not exist" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --provider cuda", "CUDA" },
            { $"run @model.onnx -o @o.npz {Data}", "is not an augmented model" },
            {
                $"augment @model.onnx -o @o.onnx --wrt w {Loss} --opset 22",
                "Opset 22 was asked for; models are written in opsets 11 to 21"
            },
            { $"augment @model.onnx -o @model.onnx --wrt w {Loss}", "which the command uses" },
            { $"verify @model.onnx --wrt W {Loss} {Data}", "--wrt 'W' names nothing" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --memory NaN", "--memory 'NaN' is no size" },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --memory 99999999999999999999999G",
                "--memory '99999999999999999999999G' is no size"
            },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --dim N=0", "--dim 'N=0' is no NAME=SIZE" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --dim N=4611686018427387904", "is larger than any memory" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --dim N=3 N=4", "--dim gives 'N' the sizes 3 and 4; give one" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --checkpoint-every NaNs", "--checkpoint-every 'NaNs' is no time" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --checkpoint @x.npy", "which the command uses" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --threads 2147483647", "give an integer from 0 to 1024" },
            {
                $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --label-smoothing NaN",
                "--label-smoothing 'NaN' cannot be taken; give a number"
            },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --machine @x.npy", "holds no JSON; write one with" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --json @labels.npy", "which the command uses" },
            { $"run @model.onnx -o @o.npz --wrt w {Loss} {Data} --wrt w[99999999999999999999]", "is outside of the first axis of 'w'" },
            { "merge -o @o.npz @model.onnx", "model.onnx' is no .npz file" },
        };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bad_input_gets_one_sentence_and_leaves_no_file(string words, string sentence)
    {
        using var tool = new Tool();
        Prepare(tool);
        var before = tool.Files.ToArray();
        var run = tool.Run(words);
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
        Assert.Contains(sentence.Replace("@", tool[""] + "/", StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
        Assert.Equal(before, tool.Files);
    }

    [Fact]
    public void A_device_without_end_is_no_file_of_arguments()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "This system has no such device.");
        var run = ToolRun.Of(new CurvatureService(), "@/dev/zero");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains("'/dev/zero' cannot be read (It has more than a million characters)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_inspection_shows_what_is_known_of_a_model_with_unknown_operators()
    {
        using var tool = new Tool();
        Prepare(tool);
        var run = tool.Run("inspect @unknown.onnx");
        Assert.Equal(ExitCodes.Success, run.Code);
        Assert.Matches(@"Foo +1 +no: Foo is not in the operator catalogue", run.Output);
        Assert.Matches(@"Bar +1 +no: Bar is not in the operator catalogue", run.Output);
        Assert.Matches(@"Neg +1 +yes", run.Output);
        Assert.Contains(
            "Foo 'first' (opset 17): Foo is not in the operator catalogue; what depends on it is not known.",
            run.Output,
            StringComparison.Ordinal
        );
    }

    private static void Prepare(Tool tool)
    {
        File.WriteAllBytes(tool["empty.onnx"], []);
        File.WriteAllText(tool["text.onnx"], "This is no model, whatever its name says.");
        File.WriteAllBytes(tool["cut.onnx"], File.ReadAllBytes(tool["model.onnx"])[..100]);
        File.WriteAllBytes(tool["cut.npy"], File.ReadAllBytes(tool["x.npy"])[..^10]);
        tool.Save("elsewhere.onnx", External("nowhere.data", 8));
        tool.Save("outside.onnx", External("../../etc/hostname", 8));
        tool.Save("short.onnx", External("x.npy", 8_000_000));
        tool.Save(
            "unknown.onnx",
            Model(
                    Graph(
                        Node("Foo", "x", "f").Also(node => node.Name = "first"),
                        Node("Neg", "f", "g"),
                        Node("Bar", "g", "y").Also(node => node.Name = "second")
                    )
                )
                .Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
        );
        tool.Save(
            "wide.onnx",
            Model(Graph(Node("MatMul", "x w", "y")))
                .Also(model =>
                    model.Graph.Initializer.Add(
                        Floats("w", 3 * 17_000)
                            .Also(w =>
                            {
                                w.Dims.Clear();
                                w.Dims.AddRange([3, 17_000]);
                            })
                    )
                )
        );
        tool.Save(
            "log.onnx",
            Model(Graph(Node("Mul", "x w", "h"), Node("Log", "h", "y").Also(node => node.Name = "logarithm")))
                .Also(model => model.Graph.Initializer.Add(Floats("w", 3)))
        );
        tool.Save(
            "division.onnx",
            Model(Graph(Node("Mul", "x w", "h"), Node("Div", "one zero", "shape"), Node("Reshape", "h shape", "y")))
                .Also(model => model.Graph.Initializer.AddRange([Floats("w", 3), Integers("one", 1), Integers("zero", 0)]))
        );
        tool.Save(
            "own.onnx",
            Model(Graph(Node("Mul", "x w", "h"), Node("SoftmaxCrossEntropyLoss", "h t", "y")))
                .Also(model =>
                {
                    model.Graph.Input.Add(Info("t", 7, "N"));
                    model.Graph.Initializer.Add(Floats("w", 3));
                    model.Graph.Output[0] = Info("y", 1);
                })
        );
        tool.Npy("wide.npy", ElementType.Float32, [4, 5], new double[20]);
        tool.Npy("floats.npy", ElementType.Float32, [4], 0, 1, 1, 0);
        tool.Npy("few.npy", ElementType.Int64, [3], 0, 1, 1);
        tool.Npy("three.npy", ElementType.Int64, [4], 0, 1, 2, 3);
        tool.Npy("negative.npy", ElementType.Int64, [4], 0, 1, -1, 0);
        tool.Npy("none.npy", ElementType.Float32, [0, 3]);
        tool.Npy("nolabels.npy", ElementType.Int64, [0]);
        tool.Npy("nan.npy", ElementType.Float32, [4, 3], [double.NaN, .. new double[11]]);
    }

    private static OnnxCurvature.Onnx.Proto.ModelProto External(string location, long elements) =>
        Model(Graph(Node("Neg", "x", "y"))).Also(model => model.Graph.Initializer.Add(ModelBytes.External("w", location, elements)));
}
