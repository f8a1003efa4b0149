using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Runtime.Verification;

/// <summary>
/// The values of a program with rounding: a second evaluation in double, in which the result of every node is off by a random
/// relative error of at most the unit roundoff of its type (Monte Carlo arithmetic, Parker 1997). The difference from the evaluation
/// without such errors is of the size of the error that arithmetic in these types leaves, also where everything else cancels.
/// </summary>
/// <param name="exact">The values without errors, to which those that are needed are added.</param>
/// <param name="random">Where the errors come from.</param>
internal sealed class RoundedEvaluation(IDictionary<Value, Tensor> exact, Random random)
{
    private readonly Dictionary<Value, Tensor> _rounded = [];

    /// <summary>Takes a value as it is, in both evaluations.</summary>
    public void Set(Value value, Tensor tensor) => exact[value] = _rounded[value] = tensor;

    /// <summary>
    /// Evaluates nodes, which must be in topological order, with and without errors; what they take and none computes is without.
    /// </summary>
    public void Run(IEnumerable<Node> nodes, CancellationToken cancellation)
    {
        foreach (var node in nodes)
        {
            if (node.Outputs.All(_rounded.ContainsKey))
                continue;
            Interpreter.Run([node], exact, cancellation);
            // A choice, such as the argmax position of a maximum, stays what it is: a derivative does not go to the other side of a kink by
            // rounding.
            if (
                node.Rules().CurvatureIn(node, [.. node.Inputs.Select(input => input?.Type.Element.IsFloat() ?? false)])
                == Curvature.PiecewiseConstant
            )
            {
                foreach (var output in node.Outputs)
                    _rounded[output] = exact[output];
                continue;
            }
            foreach (var value in GraphWalk.Dependencies(node))
                if (!_rounded.ContainsKey(value))
                    _rounded[value] = Interpreter.Read(value, exact);
            Interpreter.Run([node], _rounded, cancellation);
            foreach (var output in node.Outputs)
                _rounded[output] = output.Type.Element.IsFloat()
                    ? WithErrors(_rounded[output], output.Type.Element.UnitRoundoff())
                    : exact[output];
        }
    }

    /// <summary>How far the elements of a value are off.</summary>
    public double[] Errors(Value value)
    {
        var (off, right) = (Interpreter.Read(value, _rounded).Floats, Interpreter.Read(value, exact).Floats);
        return [.. off.Zip(right, (a, b) => a - b)];
    }

    private Tensor WithErrors(Tensor tensor, double unit) =>
        Tensor.Of(
            tensor.Element,
            tensor.Shape.AsSpan(),
            Array.ConvertAll(tensor.Floats, element => element * (1 + unit * (2 * random.NextDouble() - 1)))
        );
}
