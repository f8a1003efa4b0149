using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops.Rules;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>
/// A scalar of a program as a function of some of its parameters or constants, in double. Its derivatives along lines are differences of
/// its values, in which no rule of a derivative takes part.
/// </summary>
internal sealed class ScalarFunction
{
    /// <summary>
    /// The largest difference between two estimates of which both are taken for right, relative to the sizes that take part.
    /// </summary>
    private const double Agreement = 3e-6;

    private readonly Value _scalar;
    private readonly ImmutableArray<Value> _arguments;
    private readonly Dictionary<Value, Tensor> _given;
    private readonly ImmutableArray<Node> _nodes;

    /// <summary>A function of <paramref name="arguments"/>, for parameters as they are given.</summary>
    public ScalarFunction(Value scalar, ImmutableArray<Value> arguments, IReadOnlyDictionary<Value, Tensor> given)
    {
        (_scalar, _arguments, _given) = (scalar, arguments, new Dictionary<Value, Tensor>(given));
        _nodes = GraphWalk.Ancestors([scalar]);
        // Values that do not depend on the arguments are computed once.
        var moving = GraphWalk.Between(arguments.ToHashSet(), [scalar]).ToHashSet();
        foreach (var node in _nodes)
            if (!moving.Contains(node))
                Interpreter.Run([node], _given);
        foreach (var constant in moving.SelectMany(GraphWalk.Dependencies).Where(value => value.Constant is not null))
            Interpreter.Read(constant, _given);
    }

    /// <summary>
    /// The value at a point moved by multiples of directions; no number where the program cannot be evaluated, because a size jumps there,
    /// say, or an index leaves its range.
    /// </summary>
    public double At(IReadOnlyList<Tensor> point, params ReadOnlySpan<(double Step, IReadOnlyList<Tensor> Direction)> moves)
    {
        var values = new Dictionary<Value, Tensor>(_given);
        for (var index = 0; index < _arguments.Length; index++)
        {
            var elements = point[index].Floats.ToArray();
            foreach (var (step, direction) in moves)
                for (var i = 0; i < elements.Length; i++)
                    elements[i] += step * direction[index].Floats[i];
            values[_arguments[index]] = Tensor.Of(point[index].Element, point[index].Shape.AsSpan(), elements);
        }
        try
        {
            Interpreter.Run(_nodes, values);
        }
        catch (Exception exception) when (exception is InvalidOperationException or IndexOutOfRangeException or OverflowException)
        {
            return double.NaN;
        }
        return values[_scalar].Floats[0];
    }

    /// <summary>
    /// dℓ·v, by differences of sixth order with a step and with half of it; null where they do not agree, so that a kink lies near.
    /// </summary>
    public double? Slope(IReadOnlyList<Tensor> point, IReadOnlyList<Tensor> v, double step, double scale)
    {
        var (wide, narrow) = (Estimate(step), Estimate(step / 2));
        return Math.Abs(wide - narrow) <= Agreement * Math.Max(scale, Math.Abs(narrow)) ? narrow : null;

        double Estimate(double h) => (45 * Odd(h) - 9 * Odd(2 * h) + Odd(3 * h)) / (60 * h);

        double Odd(double h) => At(point, (h, v)) - At(point, (-h, v));
    }

    /// <summary>
    /// u·∇²ℓ·v, by differences of the fourth order in both directions with a step and with half of it; null where they do not agree.
    /// </summary>
    public double? Bend(IReadOnlyList<Tensor> point, IReadOnlyList<Tensor> u, IReadOnlyList<Tensor> v, double step, double scale)
    {
        var (wide, narrow) = (Estimate(step), Estimate(step / 2));
        return Math.Abs(wide - narrow) <= 30 * Agreement * Math.Max(scale, Math.Abs(narrow)) ? narrow : null;

        // d²/ds dt of ℓ(s u + t v) from sums over the four corners of squares: the corners at h and at 2h cancel the error of order h².
        double Estimate(double h) => (16 * Corners(h) - Corners(2 * h)) / (48 * h * h);

        double Corners(double h) =>
            At(point, (h, u), (h, v)) - At(point, (h, u), (-h, v)) - At(point, (-h, u), (h, v)) + At(point, (-h, u), (-h, v));
    }
}
