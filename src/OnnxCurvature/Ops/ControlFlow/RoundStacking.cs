using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops.ControlFlow;

/// <summary>The values of rounds along a leading axis.</summary>
internal static class RoundStacking
{
    /// <summary>The entry of a round, without the leading axis.</summary>
    public static Tensor Entry(Tensor whole, int round)
    {
        long[] shape = [.. whole.Shape.Skip(1)];
        var size = (int)shape.Aggregate(1L, (product, dim) => product * dim);
        return whole.Element.IsFloat()
            ? Tensor.Of(whole.Element, shape, whole.Floats.ToArray().AsSpan(round * size, size).ToArray())
            : Tensor.Of(whole.Element, shape, whole.Integers.ToArray().AsSpan(round * size, size).ToArray());
    }

    /// <summary>What rounds gave, one after another along a new first axis. Throws <see cref="UnsupportedOperatorException"/> where there were none.</summary>
    public static Tensor Stack(string name, List<Tensor> parts)
    {
        if (parts.Count == 0)
            throw new UnsupportedOperatorException($"a {name} of no rounds stacks nothing.");
        long[] shape = [parts.Count, .. parts[0].Shape];
        return parts[0].Element.IsFloat()
            ? Tensor.Of(parts[0].Element, shape, parts.SelectMany(part => part.Floats).ToArray())
            : Tensor.Of(parts[0].Element, shape, parts.SelectMany(part => part.Integers).ToArray());
    }
}
