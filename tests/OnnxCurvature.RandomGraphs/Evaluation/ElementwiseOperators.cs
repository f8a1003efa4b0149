using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Operators that act entry by entry.</summary>
internal static class ElementwiseOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Identity"] = (_, x) => [x[0]!],
            ["Tanh"] = Unary(Functions.Tanh),
            ["Sigmoid"] = Unary(Functions.Sigmoid),
            ["Softplus"] = Unary(Functions.Softplus),
            ["Softsign"] = Unary(Functions.Softsign),
            ["Exp"] = Unary(Functions.Exp),
            ["Log"] = Unary(Functions.Log),
            ["Sqrt"] = Unary(Functions.Sqrt),
            ["Sin"] = Unary(Functions.Sin),
            ["Cos"] = Unary(Functions.Cos),
            ["Sinh"] = Unary(Functions.Sinh),
            ["Cosh"] = Unary(Functions.Cosh),
            ["Atan"] = Unary(Functions.Atan),
            ["Asinh"] = Unary(Functions.Asinh),
            ["Erf"] = Unary(Functions.Erf),
            ["Mish"] = Unary(Functions.Mish),
            ["Abs"] = Unary(Functions.Abs),
            ["Relu"] = Unary(Functions.Relu),
            ["Neg"] = Unary(x => -x),
            ["Reciprocal"] = Unary(x => x.Constant(1) / x),
            ["HardSwish"] = Unary(Functions.HardSwish),
            ["Gelu"] = (node, x) => [x[0]!.Map(node.Text("approximate", "none") == "tanh" ? Functions.GeluByTanh : Functions.Gelu)],
            ["LeakyRelu"] = (node, x) => [x[0]!.Map(v => Functions.LeakyRelu(v, node.Float("alpha", 0.01)))],
            ["ThresholdedRelu"] = (node, x) => [x[0]!.Map(v => Functions.ThresholdedRelu(v, node.Float("alpha", 1)))],
            ["Elu"] = (node, x) => [x[0]!.Map(v => Functions.Elu(v, node.Float("alpha", 1)))],
            ["Celu"] = (node, x) => [x[0]!.Map(v => Functions.Celu(v, node.Float("alpha", 1)))],
            ["Selu"] = (node, x) => [x[0]!.Map(v => node.Float("gamma", double.NaN) * Functions.Elu(v, node.Float("alpha", double.NaN)))],
            ["HardSigmoid"] = (node, x) => [x[0]!.Map(v => Functions.HardSigmoid(v, node.Float("alpha", 0.2), node.Float("beta", 0.5)))],
            ["Clip"] = (_, x) => [x[0]!.Map(v => Functions.Clip(v, x[1]!.Numbers[0].Value, x[2]!.Numbers[0].Value))],
            ["PRelu"] = (_, x) => [Data.Zip(x[0]!, x[1]!.Broadcast(x[0]!.Shape), PRelu)],
            ["Add"] = (_, x) => [Data.Zip(x[0]!, x[1]!, (a, b) => a + b)],
            ["Sub"] = (_, x) => [Data.Zip(x[0]!, x[1]!, (a, b) => a - b)],
            ["Mul"] = (_, x) => [Data.Zip(x[0]!, x[1]!, (a, b) => a * b)],
            ["Div"] = (_, x) => [Data.Zip(x[0]!, x[1]!, (a, b) => a / b)],
            ["Pow"] = (_, x) => [Data.Zip(x[0]!, x[1]!, (a, b) => Functions.Power(a, b.Value))],
            ["Max"] = (_, x) => [Fold(x, Functions.Max)],
            ["Min"] = (_, x) => [Fold(x, Functions.Min)],
            ["Sum"] = (_, x) => [Fold(x, (a, b) => a + b)],
            ["Mean"] = (_, x) => [Fold(x, (a, b) => a + b).Map(sum => 1.0 / x.Length * sum)],
            ["Greater"] = (_, x) => [Greater(x[0]!, x[1]!)],
            ["Where"] = (_, x) => [Where(x[0]!, x[1]!, x[2]!)],
        };

    private static NodeFunction Unary(Func<Number, Number> function) => (_, x) => [x[0]!.Map(function)];

    private static Data Fold(Data?[] x, Func<Number, Number, Number> function) =>
        x.Skip(1).Aggregate(x[0]!, (sum, next) => Data.Zip(sum, next!, function));

    private static Number PRelu(Number x, Number slope)
    {
        if (x.Step >= 0)
            x.Tape.Decide(x.Value);
        return x.Value < 0 ? x * slope : x;
    }

    private static Data Greater(Data a, Data b)
    {
        var shape = Data.BroadcastShape(a.Shape, b.Shape);
        return new Data(
            shape,
            null,
            [
                .. a.Broadcast(shape)
                    .Numbers.Zip(
                        b.Broadcast(shape).Numbers,
                        (x, y) =>
                        {
                            x.Tape.Decide(x.Value - y.Value);
                            return x.Value > y.Value ? 1L : 0L;
                        }
                    ),
            ]
        );
    }

    private static Data Where(Data condition, Data a, Data b)
    {
        var shape = Data.BroadcastShape(condition.Shape, a.Shape, b.Shape);
        var (mask, x, y) = (condition.Broadcast(shape).Integers!, a.Broadcast(shape).Numbers, b.Broadcast(shape).Numbers);
        return new Data(
            shape,
            [.. mask.Select((taken, index) => (taken != 0 ? x[index] : y[index]) with { Samples = x[index].Samples | y[index].Samples })]
        );
    }
}
