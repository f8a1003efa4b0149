namespace OnnxCurvature.Ir;

/// <summary>
/// Counts what is taken of <see cref="WorkLimits"/>. Plans that are made side by side take from that of the model's own nodes.
/// </summary>
internal sealed class WorkBudget(WorkLimits limits)
{
    private const int StepsOfDeadNode = 400;

    private long _nodes;
    private long _bytes;
    private long _steps;

    /// <summary>A budget of which as much is taken.</summary>
    public WorkBudget Copy() =>
        new(limits)
        {
            _nodes = _nodes,
            _bytes = _bytes,
            _steps = _steps,
        };

    /// <summary>Takes nodes. Throws <see cref="WorkLimitException"/> where too few are left.</summary>
    public void TakeNodes(long count) => Take(ref _nodes, count, limits.Nodes, "nodes");

    /// <summary>The nodes that were taken.</summary>
    public long Nodes => _nodes;

    /// <summary>
    /// Gives back the nodes beyond a number of them, which were built in vain; the time that they took counts as steps. Throws
    /// <see cref="WorkLimitException"/> where too few steps are left.
    /// </summary>
    public void Discard(long nodes)
    {
        TakeSteps(StepsOfDeadNode * (double)(_nodes - nodes));
        _nodes = nodes;
    }

    /// <summary>
    /// Takes bytes. Throws <see cref="WorkLimitException"/> where too few are left, and <see cref="UnsupportedOperatorException"/> where
    /// they are more than a single constant may have.
    /// </summary>
    public void TakeBytes(long count)
    {
        if (count > limits.LargestConstant)
            throw new UnsupportedOperatorException(
                $"a constant of {count} bytes would be made, and {limits.LargestConstant} are the most; make the sizes smaller that ask "
                    + $"for it."
            );
        Take(ref _bytes, count, limits.Bytes, "bytes");
        limits.Allocating(count);
    }

    /// <summary>Takes steps. Throws <see cref="WorkLimitException"/> where too few are left.</summary>
    public void TakeSteps(double count) => Take(ref _steps, count < long.MaxValue / 2 ? (long)count : long.MaxValue, limits.Steps, "steps");

    /// <summary>Takes the bytes of a tensor in memory. Throws <see cref="WorkLimitException"/> where too few are left.</summary>
    /// <param name="shape">The sizes, all of which are known.</param>
    /// <param name="copies">How many such tensors are in memory at once.</param>
    public void TakeTensor(TensorShape shape, int copies = 1)
    {
        double bytes = sizeof(double) * copies;
        foreach (var dim in shape)
            bytes *= dim.Factor;
        TakeBytes(bytes < long.MaxValue / 2 ? (long)bytes : long.MaxValue);
    }

    private static void Take(ref long taken, long count, long limit, string unit)
    {
        if (count > limit - Interlocked.Read(ref taken))
            throw new WorkLimitException(unit, limit);
        Interlocked.Add(ref taken, count);
    }
}
