namespace OnnxCurvature.RandomGraphs.Numbers;

/// <summary>
/// Scalar arithmetic that is recorded, with the first and second partial derivatives of every step. Sweeps over it give exact gradients,
/// directional derivatives and Hessian-vector products. It shares no code with the compiler.
/// </summary>
internal sealed class Tape
{
    private const int Start = 1024;

    private int[] _left = new int[Start];
    private int[] _right = new int[Start];
    private double[] _dLeft = new double[Start];
    private double[] _dRight = new double[Start];
    private double[] _dLeftLeft = new double[Start];
    private double[] _dLeftRight = new double[Start];
    private double[] _dRightRight = new double[Start];

    /// <summary>The number of recorded steps.</summary>
    public int Count { get; private set; }

    /// <summary>The smallest distance of any decision, such as the sign of a ReLU's input, from its turning point.</summary>
    public double Margin { get; private set; } = double.PositiveInfinity;

    /// <summary>Notes how far a decision was from turning out otherwise.</summary>
    public void Decide(double margin) => Margin = Math.Min(Margin, Math.Abs(margin));

    /// <summary>A variable.</summary>
    public Number Variable(double value, ulong samples) => new(this, Step(-1, -1, 0, 0, 0, 0, 0), value, samples);

    /// <summary>A step that depends on one earlier one.</summary>
    public int Unary(int argument, double first, double second) => Step(argument, -1, first, 0, second, 0, 0);

    /// <summary>A step that depends on two earlier ones.</summary>
    public int Step(int left, int right, double dLeft, double dRight, double dLeftLeft, double dLeftRight, double dRightRight)
    {
        if (Count == _left.Length)
            Grow();
        _left[Count] = left;
        _right[Count] = right;
        _dLeft[Count] = dLeft;
        _dRight[Count] = dRight;
        _dLeftLeft[Count] = dLeftLeft;
        _dLeftRight[Count] = dLeftRight;
        _dRightRight[Count] = dRightRight;
        return Count++;
    }

    /// <summary>The derivatives of every step along a direction of the variables, which are given by their steps.</summary>
    public double[] Forward(IReadOnlyList<int> variables, ReadOnlySpan<double> direction)
    {
        var tangents = new double[Count];
        for (var i = 0; i < variables.Count; i++)
            tangents[variables[i]] = direction[i];
        for (var step = 0; step < Count; step++)
            if (_left[step] >= 0)
                tangents[step] = _dLeft[step] * tangents[_left[step]] + (_right[step] >= 0 ? _dRight[step] * tangents[_right[step]] : 0);
        return tangents;
    }

    /// <summary>The derivatives of a step by every earlier one.</summary>
    public double[] Reverse(int of)
    {
        var adjoints = new double[of + 1];
        adjoints[of] = 1;
        for (var step = of; step >= 0; step--)
        {
            var adjoint = adjoints[step];
            if (adjoint == 0 || _left[step] < 0)
                continue;
            adjoints[_left[step]] += _dLeft[step] * adjoint;
            if (_right[step] >= 0)
                adjoints[_right[step]] += _dRight[step] * adjoint;
        }
        return adjoints;
    }

    /// <summary>
    /// The derivatives, along a direction, of what <see cref="Reverse"/> gives: products of the Hessian with that direction.
    /// </summary>
    /// <param name="adjoints">The result of <see cref="Reverse"/>.</param>
    /// <param name="tangents">The result of <see cref="Forward"/> for the direction.</param>
    public double[] SecondReverse(double[] adjoints, double[] tangents)
    {
        var products = new double[adjoints.Length];
        for (var step = adjoints.Length - 1; step >= 0; step--)
        {
            var (left, right) = (_left[step], _right[step]);
            var (product, adjoint) = (products[step], adjoints[step]);
            if (left < 0 || (product == 0 && adjoint == 0))
                continue;
            var tangent = tangents[left];
            if (right < 0)
            {
                products[left] += _dLeft[step] * product + adjoint * _dLeftLeft[step] * tangent;
                continue;
            }
            products[left] += _dLeft[step] * product + adjoint * (_dLeftLeft[step] * tangent + _dLeftRight[step] * tangents[right]);
            products[right] += _dRight[step] * product + adjoint * (_dLeftRight[step] * tangent + _dRightRight[step] * tangents[right]);
        }
        return products;
    }

    private void Grow()
    {
        var size = 2 * Count;
        Array.Resize(ref _left, size);
        Array.Resize(ref _right, size);
        Array.Resize(ref _dLeft, size);
        Array.Resize(ref _dRight, size);
        Array.Resize(ref _dLeftLeft, size);
        Array.Resize(ref _dLeftRight, size);
        Array.Resize(ref _dRightRight, size);
    }
}
