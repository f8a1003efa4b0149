using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Analysis.Statistics;

/// <summary>A weight's diagonal by the channels that it joins.</summary>
/// <param name="Outputs">The number of output channels.</param>
/// <param name="Inputs">The number of input channels.</param>
/// <param name="Window">The sizes of the kernel's window; empty for a matrix.</param>
/// <param name="Entries">The entries in the order output channel, input channel, window.</param>
internal sealed record KernelMap(int Outputs, int Inputs, ImmutableArray<int> Window, ImmutableArray<double> Entries)
{
    /// <summary>The number of entries of one output and one input channel.</summary>
    public int WindowSize => Window.Aggregate(1, (product, size) => product * size);

    /// <summary>The map of a weight; null where no node takes it as a kernel or a matrix.</summary>
    public static KernelMap? Of(LayerCurvature layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return AxesOf(layer) is { } axes ? Of(layer.Diagonal, layer.Shape, axes) : null;
    }

    /// <summary>The axes that the first node which takes the weight as a kernel or a matrix gives it; null where none does.</summary>
    public static KernelAxes? AxesOf(LayerCurvature layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer.Plan.Uses.Select(use => use.Axes).FirstOrDefault(axes => axes is not null);
    }

    /// <summary>Numbers of a weight's shape by the channels that the weight joins.</summary>
    public static KernelMap Of(ImmutableArray<double> entries, ImmutableArray<long> shape, KernelAxes axes)
    {
        var sizes = Order(shape, axes).Select(axis => (int)shape[axis]).ToArray();
        var positions = Positions(shape, axes);
        return new KernelMap(sizes[0], sizes[1], [.. sizes[2..]], [.. positions.Select(position => entries[position])]);
    }

    /// <summary>Numbers in the order output channel, input channel, window, put back into the order of the weight.</summary>
    public static double[] Back(ReadOnlySpan<double> entries, ImmutableArray<long> shape, KernelAxes axes)
    {
        var back = new double[entries.Length];
        foreach (var (index, position) in Positions(shape, axes).Index())
            back[position] = entries[index];
        return back;
    }

    /// <summary>The positions in the weight, in the order output channel, input channel, window.</summary>
    public static int[] Positions(ImmutableArray<long> shape, KernelAxes axes)
    {
        var order = Order(shape, axes);
        var strides = new int[shape.Length];
        for (var (axis, stride) = (shape.Length - 1, 1); axis >= 0; stride *= (int)shape[axis--])
            strides[axis] = stride;
        var positions = new int[shape.Aggregate(1, (product, size) => checked(product * (int)size))];
        var index = new int[order.Length];
        for (var at = 0; at < positions.Length; at++)
        {
            for (var axis = 0; axis < index.Length; axis++)
                positions[at] += index[axis] * strides[order[axis]];
            for (var axis = index.Length - 1; axis >= 0 && ++index[axis] == shape[order[axis]]; axis--)
                index[axis] = 0;
        }
        return positions;
    }

    /// <summary>The sums over windows of the magnitudes, output by input channel, row-major.</summary>
    public ImmutableArray<double> ByChannels()
    {
        var sums = new double[Outputs * Inputs];
        for (var position = 0; position < Entries.Length; position++)
            sums[position / WindowSize] += Math.Abs(Entries[position]);
        return [.. sums];
    }

    /// <summary>The output channels (feature maps) by the sum of the magnitudes of their entries, the largest first.</summary>
    public ImmutableArray<(int Channel, double Sum)> Strongest()
    {
        var size = Inputs * WindowSize;
        return
        [
            .. Enumerable
                .Range(0, Outputs)
                .Select(channel => (channel, Entries.AsSpan(channel * size, size).ToArray().Sum(Math.Abs)))
                .OrderByDescending(entry => entry.Item2)
                .ThenBy(entry => entry.channel),
        ];
    }

    /// <summary>The entries of one output channel: input channel by window.</summary>
    public ReadOnlySpan<double> Channel(int output) => Entries.AsSpan(output * Inputs * WindowSize, Inputs * WindowSize);

    private static int[] Order(ImmutableArray<long> shape, KernelAxes axes) =>
        [axes.Output, axes.Input, .. Enumerable.Range(0, shape.Length).Where(axis => axis != axes.Output && axis != axes.Input)];
}
