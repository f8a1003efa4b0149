using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Plans;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Onnx;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// A discrete choice is named, is an error where nothing else is on the way, and passes derivatives straight through where that is
/// asked for.
/// </summary>
public sealed class DiscreteChoiceTests : IDisposable
{
    private static readonly double[] X = [0.31, -1.42, 2.23, 0.24, 0.65, -0.56];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_choice_beside_the_way_is_named()
    {
        var plan = Plan(
            "w",
            false,
            Node("Mul", "x w", "z"),
            Node("ArgMax", "z", "at", Int("axis", 1)),
            Node("Cast", "at", "index", Int("to", 1)),
            Node("Mul", "z index", "y")
        );
        Assert.Contains("ArgMax that makes 'at' is piecewise constant, so no derivative passes through it.", plan.Notes);
    }

    [Fact]
    public void An_input_that_only_chooses_is_named()
    {
        var plan = Plan(
            "w",
            false,
            Node("Mul", "x w", "z"),
            Node("TopK", "z two", "best at"),
            Node("GatherElements", "z at", "y", Int("axis", 1))
        );
        Assert.Contains(
            "GatherElements that makes 'y' in its input 'at' is piecewise constant, so no derivative passes through it.",
            plan.Notes
        );
    }

    [Fact]
    public void Shapes_are_no_choices()
    {
        var plan = Plan(
            "w",
            false,
            Node("Mul", "x w", "z"),
            Node("Shape", "z", "shape"),
            Node("Exp", "z", "e"),
            Node("Reshape", "e shape", "y")
        );
        Assert.DoesNotContain(plan.Notes, note => note.Contains("piecewise constant", StringComparison.Ordinal));
    }

    [Fact]
    public void A_choice_that_cuts_the_only_way_is_an_error_that_names_it_alone()
    {
        var message = Assert
            .Throws<UserErrorException>(() =>
                Plan(
                    "w v",
                    false,
                    Node("Mul", "x w", "z"),
                    Node("Floor", "z", "f"),
                    Node("Mul", "x v", "u"),
                    Node("ArgMax", "u", "at", Int("axis", 1)),
                    Node("Cast", "at", "index", Int("to", 1)),
                    Node("Mul", "u index", "t"),
                    Node("Add", "f t", "y")
                )
            )
            .Message;
        Assert.Equal(
            "The derivative of the loss with respect to 'w' is zero almost everywhere, because Floor that makes 'f' is piecewise "
                + "constant; name a value after it.",
            message
        );
    }

    [Fact]
    public void A_loss_of_a_shape_alone_is_an_error()
    {
        var message = Assert
            .Throws<UserErrorException>(() =>
                Plan("w", false, Node("Shape", "w", "shape"), Node("Cast", "shape", "sizes", Int("to", 1)), Node("Mul", "x sizes", "y"))
            )
            .Message;
        Assert.Contains("depends on the shape of 'w' alone", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantization_cuts_unless_it_is_passed_straight_through() =>
        Assert.Contains(
            "QuantizeLinear that makes 'q' is piecewise constant",
            Assert.Throws<UserErrorException>(() => Plan("w", false, Quantized())).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Straight_through_derivatives_are_those_without_rounding_and_values_those_with_it()
    {
        var (expected, actual) = (Plan("w", false, Node("Mul", "x w", "z"), Node("Mul", "z z", "y")), Plan("w", true, Quantized()));
        Assert.Empty(actual.Notes);
        Assert.Contains("estimates and not derivatives", Assert.Single(Load(true, Quantized()).Notes), StringComparison.Ordinal);
        var (value, rounded) = (Run(expected), Run(actual));
        double loss = 0;
        var gradient = new double[3];
        double[] w = [0, 0.5, 1];
        for (var i = 0; i < X.Length; i++)
        {
            // The model computes 8-bit integers with a scale of 0.05 and a zero point of 3.
            var z = 0.05 * (Math.Clamp(Math.Round(X[i] * w[i % 3] / 0.05f, MidpointRounding.ToEven) + 3, -128, 127) - 3);
            loss += z * z;
            gradient[i % 3] += 2 * z * X[i];
        }
        Assert.Equal(loss, rounded[0].Floats[0], 1e-5);
        Assert.NotEqual(value[0].Floats[0], rounded[0].Floats[0], 1e-5);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(gradient[i], rounded[1].Floats[i], 1e-5);
            Assert.Equal(value[2].Floats[i], rounded[2].Floats[i], 1e-5);
        }
    }

    [Fact]
    public void The_straight_through_derivative_by_a_scale_is_the_rounding_error()
    {
        var plan = Plan(
            "scale",
            true,
            Node("Mul", "x w", "z"),
            Node("QuantizeLinear", "z scale zero", "q"),
            Node("DequantizeLinear", "q scale zero", "y")
        );
        double[] w = [0, 0.5, 1];
        var expected = X.Select((x, i) => x * w[i % 3] / 0.05).Sum(ratio => Math.Round(ratio, MidpointRounding.ToEven) - ratio);
        Assert.Equal(expected, Run(plan)[1].Floats[0], 1e-4);
    }

    [Fact]
    public void A_file_that_is_made_of_a_straight_through_model_holds_standard_operators()
    {
        var model = Load(true, Quantized());
        OnnxWriter.Write(model.Program, _folder.File("copy.onnx"), new WriteOptions { Source = model });
        Assert.Empty(OnnxChecker.Check(_folder.File("copy.onnx")));
        Assert.All(
            ModelProto.Parser.ParseFrom(File.ReadAllBytes(_folder.File("copy.onnx"))).Graph.Node,
            node => Assert.Equal("", node.Domain),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void All_nodes_that_cannot_be_differentiated_are_named_with_their_opset_and_what_to_do()
    {
        var model = Model(
            Graph(
                Node("Foo", "w", "a").Also(node => node.Domain = "far"),
                Node("Bar", "v", "b").Also(node => (node.Domain, node.Name) = ("far", "bar")),
                Node("Mul", "x a", "c"),
                Node("Add", "c b", "y")
            )
        );
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "far", Version = 4 });
        model.Graph.Initializer.AddRange([Floats("w", 3), Floats("v", 3)]);
        model.Graph.ValueInfo.AddRange([Info("a", 1, 3), Info("b", 1, 3)]);
        var request = new CurvatureRequest { WithRespectTo = ["w", "v"], Loss = LossRequest.Parse("sum:y") };
        var message = Assert
            .Throws<UserErrorException>(() =>
                CurvatureEngine.Augment(model.Save(_folder), request, _folder.File("out.onnx"), new AugmentOptions())
            )
            .Message;
        Assert.Contains(
            "Foo that makes 'a' (opset 4 of far): Foo is not in the operator catalogue; Bar 'bar' (opset 4 of far): Bar is not in the "
                + "operator catalogue; name values after these nodes with --wrt, or replace them",
            message,
            StringComparison.Ordinal
        );
    }

    /// <summary>y = z², where z = x w is quantized, turned and turned back as integers, and dequantized.</summary>
    private static NodeProto[] Quantized() =>
        [
            Node("Mul", "x w", "z"),
            Node("QuantizeLinear", "z scale zero", "q"),
            Node("Transpose", "q", "t"),
            Node("Transpose", "t", "r"),
            Node("DequantizeLinear", "r scale zero", "d"),
            Node("Mul", "d d", "y"),
        ];

    private OnnxModel Load(bool straightThrough, params NodeProto[] nodes)
    {
        var model = Model(Graph(nodes));
        model.Graph.Input[0] = Info("x", 1, 2, 3);
        model.Graph.Initializer.AddRange([
            Floats("w", 3),
            Floats("v", 3),
            Integers("two", 2),
            Number("scale", 1, BitConverter.GetBytes(0.05f)),
            Number("zero", 3, [3]),
        ]);
        return OnnxModel.Load(model.Save(_folder), new LoadOptions { StraightThrough = straightThrough });
    }

    private CurvaturePlan Plan(string targets, bool straightThrough, params NodeProto[] nodes)
    {
        var model = Load(straightThrough, nodes);
        return new Planner(
            model.Graph,
            new CurvatureRequest
            {
                WithRespectTo = [.. targets.Split(' ')],
                Loss = LossRequest.Parse("sum:y"),
                Reduction = Reduction.Sum,
            },
            new PlanLimits()
        ).Plan();
    }

    private static System.Collections.Immutable.ImmutableArray<Ir.Tensor> Run(CurvaturePlan plan) =>
        Interpreter.Run(
            plan.Program,
            new Dictionary<Value, Ir.Tensor> { [plan.Program.Parameters[0]] = Ir.Tensor.Of(ElementType.Float32, [2, 3], X) }
        );

    private static TensorProto Number(string name, int element, byte[] data) =>
        new()
        {
            Name = name,
            DataType = element,
            RawData = Google.Protobuf.ByteString.CopyFrom(data),
        };
}
