using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Functions of entries.</summary>
internal static class ActivationBlocks
{
    /// <summary>Operators, and the opset that brought them.</summary>
    private static readonly (string Name, int Opset)[] SmoothOperators =
    [
        ("Tanh", 13),
        ("Sigmoid", 13),
        ("Softplus", 13),
        ("Sin", 13),
        ("Cos", 13),
        ("Erf", 13),
        ("Softsign", 13),
        ("Atan", 13),
        ("Asinh", 13),
        ("Exp", 13),
        ("Sinh", 13),
        ("Cosh", 13),
        ("Elu", 13),
        ("Celu", 13),
        ("Selu", 13),
        ("Square", 13),
        ("Log", 13),
        ("Sqrt", 13),
        ("Reciprocal", 13),
        ("Pow", 13),
        ("Mish", 18),
        ("Gelu", 20),
    ];

    public static IReadOnlyList<Block> All { get; } =
    [
        new("smooth", 12, (_, _) => true, Smooth),
        new("kinked", 8, (_, _) => true, Kinked),
        new("scale", 6, (_, x) => x.PlainAxes.Length > 0, Scale),
        new("constant arithmetic", 3, (_, _) => true, Arithmetic),
        new("where", 2, (_, _) => true, Where),
    ];

    private static Sketch Smooth(GraphBuilder b, Sketch x)
    {
        var op = b.Choices.Pick([.. SmoothOperators.Where(entry => b.Opset >= entry.Opset).Select(entry => entry.Name)]);
        Sketch Positive() => b.Value(x.Layout, "Add", [b.Node("Mul", [x.Name, x.Name]), b.Scalar(0.5)]);
        return op switch
        {
            "Square" => b.Value(x.Layout, "Mul", [x.Name, x.Name]),
            "Log" or "Sqrt" or "Reciprocal" => b.Value(x.Layout, op, [Positive().Name]),
            "Pow" => b.Value(x.Layout, "Pow", [x.Name, b.Scalar(b.Choices.Pick(2.0, 3.0, 1.0))]),
            "Elu" or "Celu" => b.Value(x.Layout, op, [x.Name], ("alpha", b.Choices.Pick(1.0, 0.5))),
            // Its constants are numbers that float32 rounds, and float64 takes for what they were.
            "Selu" => b.Value(x.Layout, op, [x.Name], ("alpha", 1.5), ("gamma", 0.75)),
            "Gelu" when b.Choices.OneIn(2) => b.Value(x.Layout, op, [x.Name], ("approximate", "tanh")),
            // A large argument would make numbers that are too large to compare.
            "Exp" or "Sinh" or "Cosh" => b.Value(x.Layout, op, [b.Node("Tanh", [x.Name])]),
            _ => b.Value(x.Layout, op, [x.Name]),
        };
    }

    private static Sketch Kinked(GraphBuilder b, Sketch x)
    {
        var op = b.Choices.Pick(
            "Relu",
            "LeakyRelu",
            "Abs",
            "Clip",
            "HardSigmoid",
            "ThresholdedRelu",
            "PRelu",
            b.Opset >= 14 ? "HardSwish" : "Relu",
            "Max",
            "Min"
        );
        return op switch
        {
            "LeakyRelu" => b.Value(x.Layout, op, [x.Name], ("alpha", 0.125)),
            "ThresholdedRelu" => b.Value(x.Layout, op, [x.Name], ("alpha", 0.25)),
            "HardSigmoid" => b.Value(x.Layout, op, [x.Name], ("alpha", 0.25), ("beta", 0.5)),
            "Clip" => b.Value(x.Layout, op, [x.Name, b.Scalar(-0.5), b.Scalar(0.75)]),
            "PRelu" => b.Value(x.Layout, op, [x.Name, x.PlainAxes.Contains(x.Rank - 1) ? b.Weight(0.5, x.Shape[^1]) : b.Weight(0.5, 1)]),
            "Max" or "Min" => b.Value(x.Layout, op, [x.Name, Vector(b, x, false)]),
            _ => b.Value(x.Layout, op, [x.Name]),
        };
    }

    /// <summary>Times, or plus, a weight along one axis, or a single one.</summary>
    private static Sketch Scale(GraphBuilder b, Sketch x) =>
        b.Value(x.Layout, b.Choices.Pick("Add", "Mul", "Sub"), [x.Name, Vector(b, x, true)]);

    private static Sketch Arithmetic(GraphBuilder b, Sketch x) =>
        b.Choices.Next(5) switch
        {
            0 => b.Value(x.Layout, "Neg", [x.Name]),
            1 => b.Value(x.Layout, "Div", [x.Name, b.Scalar(2)]),
            2 => b.Value(x.Layout, "Sub", [b.Scalar(1), x.Name]),
            3 => b.Value(x.Layout, "Identity", [x.Name]),
            _ => b.Value(x.Layout, b.Choices.Pick("Sum", "Mean"), [x.Name, x.Name, b.Scalar(0.5)]),
        };

    private static Sketch Where(GraphBuilder b, Sketch x)
    {
        var condition = b.Node("Greater", [x.Name, b.Choices.OneIn(2) ? Vector(b, x, true) : b.Scalar(0.125)]);
        return b.Value(
            x.Layout,
            "Where",
            [condition, b.Node("Mul", [x.Name, x.Name]), b.Choices.OneIn(2) ? b.Node("Sin", [x.Name]) : Vector(b, x, true)]
        );
    }

    /// <summary>A vector along a plain axis, with axes of size 1 after it.</summary>
    internal static string Vector(GraphBuilder b, Sketch x, bool isWeight)
    {
        int[] shape = [1];
        if (x.PlainAxes.Length > 0 && !b.Choices.OneIn(6))
        {
            var axis = x.PlainAxes[^(1 + b.Choices.Next(x.PlainAxes.Length))];
            shape = [x.Shape[axis], .. Enumerable.Repeat(1, x.Rank - 1 - axis)];
        }
        return isWeight ? b.Weight(1, shape) : b.Constant(1, false, shape);
    }
}
