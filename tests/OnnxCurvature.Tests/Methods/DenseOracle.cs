using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Tests.Methods;

/// <summary>
/// First and second derivatives of a scalar by differences of its value alone, in double: no rule of the compiler takes part.
/// </summary>
internal sealed class DenseOracle(Value loss, Value with, IReadOnlyDictionary<Value, Tensor> data)
{
    private const double Step = 3e-4;

    /// <summary>The gradient and the diagonal of the Hessian, by five-point formulas.</summary>
    public (Vector<double> Gradient, Vector<double> Diagonal) Derivatives()
    {
        var point = with.Constant?.Read() ?? data[with];
        var gradient = Vector<double>.Build.Dense(point.Count);
        var diagonal = Vector<double>.Build.Dense(point.Count);
        var center = At(point, 0, 0);
        for (var entry = 0; entry < point.Count; entry++)
        {
            var (far, near) = (
                (At(point, entry, -2 * Step), At(point, entry, 2 * Step)),
                (At(point, entry, -Step), At(point, entry, Step))
            );
            gradient[entry] = (8 * (near.Item2 - near.Item1) - (far.Item2 - far.Item1)) / (12 * Step);
            diagonal[entry] = (16 * (near.Item1 + near.Item2) - (far.Item1 + far.Item2) - 30 * center) / (12 * Step * Step);
        }
        return (gradient, diagonal);
    }

    private double At(Tensor point, int entry, double step)
    {
        var moved = point.Floats.ToArray();
        moved[entry] += step;
        var values = new Dictionary<Value, Tensor>(data) { [with] = Tensor.Of(point.Element, point.Shape.AsSpan(), moved) };
        Interpreter.Run(GraphWalk.Ancestors([loss]), values);
        return values[loss].Floats[0];
    }
}
