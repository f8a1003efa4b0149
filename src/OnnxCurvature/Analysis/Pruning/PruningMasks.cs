using System.Collections.Immutable;
using OnnxCurvature.Analysis.Diagonals;
using OnnxCurvature.Analysis.Statistics;

namespace OnnxCurvature.Analysis.Pruning;

/// <summary>Ranks the entries of kernels and matrices, and takes the least.</summary>
/// <param name="layers">The weights, each a kernel or a matrix.</param>
/// <param name="meanSquares">E[x²] for each channel of the input of the node that takes each weight.</param>
internal sealed class PruningMasks(ImmutableArray<LayerCurvature> layers, ImmutableArray<double[]> meanSquares)
{
    /// <summary>The masks for some options.</summary>
    public ImmutableArray<PrunedLayer> Of(PruningOptions options)
    {
        var groups = layers.Select(layer => Groups(layer, options)).ToArray();
        var gone = layers.Select(layer => new bool[layer.Values.Length]).ToArray();
        if (options.Structure == PruningStructure.Blocks)
            foreach (var (layer, group) in groups.SelectMany((own, layer) => own.Select(group => (layer, group))))
                TakeLeast(group, layer, options, gone[layer]);
        else if (options.PerLayer)
            foreach (var (layer, own) in groups.Index())
                Take([.. own.Select(group => (layer, group))], options.Sparsity * gone[layer].Length, gone, options.Score);
        else
            Take(
                [.. groups.SelectMany((own, layer) => own.Select(group => (layer, group)))],
                options.Sparsity * gone.Sum(each => each.Length),
                gone,
                options.Score
            );
        return [.. layers.Zip(gone, Pruned)];
    }

    /// <summary>The predicted change of the loss where an entry becomes zero.</summary>
    private static double Saliency(LayerCurvature layer, int index)
    {
        var (value, curvature) = (layer.Values[index], layer.Diagonal[index]);
        return value * (curvature * value / 2 - layer.Gradient[index]);
    }

    /// <summary>
    /// The entries that go together, by their positions in the weight. In blocks, the entries among which some stay; the last block of a
    /// channel may be shorter.
    /// </summary>
    private static int[][] Groups(LayerCurvature layer, PruningOptions options)
    {
        var axes = KernelMap.AxesOf(layer)!.Value;
        var positions = KernelMap.Positions(layer.Shape, axes);
        var inputs = (int)layer.Shape[axes.Input];
        var perOutput = positions.Length / (int)layer.Shape[axes.Output];
        var window = perOutput / inputs;
        IEnumerable<IEnumerable<int>> groups = options.Structure switch
        {
            PruningStructure.Weight => positions.Select(position => new[] { position }),
            PruningStructure.OutputChannel => positions.Chunk(perOutput),
            PruningStructure.InputChannel => positions
                .Select((position, at) => (position, Input: at % perOutput / window))
                .GroupBy(entry => entry.Input, entry => entry.position),
            PruningStructure.Blocks => positions
                .Select((position, at) => (position, Line: at / perOutput * window + at % window))
                .GroupBy(entry => entry.Line, entry => entry.position)
                .SelectMany(line => line.Chunk(options.BlockSize)),
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };
        return [.. groups.Select(group => group.ToArray())];
    }

    /// <summary>Takes all but the entries of a block that stay.</summary>
    private void TakeLeast(int[] block, int layer, PruningOptions options, bool[] gone)
    {
        foreach (var position in block.OrderByDescending(position => Score(layer, position, options.Score)).Skip(options.Kept))
            gone[position] = true;
    }

    /// <summary>Takes the groups of the least score for an entry, the first ones among equals, up to a number of entries.</summary>
    private void Take((int Layer, int[] Group)[] groups, double most, bool[][] gone, PruningScore score)
    {
        var ranked = groups.OrderBy(entry => entry.Group.Average(position => Score(entry.Layer, position, score)));
        double taken = 0;
        foreach (var (layer, group) in ranked)
        {
            // Rounding of the product of a share and a number is no entry.
            if (taken + group.Length > most + 1e-9 * most)
                break;
            taken += group.Length;
            foreach (var position in group)
                gone[layer][position] = true;
        }
    }

    private double Score(int layer, int position, PruningScore score)
    {
        var own = layers[layer];
        var square = own.Values[position] * own.Values[position];
        return score switch
        {
            PruningScore.Curvature => Saliency(own, position),
            PruningScore.CurvatureAtMinimum => own.Diagonal[position] * square / 2,
            PruningScore.Magnitude => square,
            PruningScore.InputWeightedMagnitude => square * meanSquares[layer][Channel(own, position, meanSquares[layer].Length)],
            _ => throw new ArgumentOutOfRangeException(nameof(score)),
        };
    }

    /// <summary>The channel of the node's input that an entry multiplies; those of a group of a convolution follow each other.</summary>
    private static int Channel(LayerCurvature layer, int position, int channels)
    {
        var axes = KernelMap.AxesOf(layer)!.Value;
        var (input, output) = (Index(layer.Shape, position, axes.Input), Index(layer.Shape, position, axes.Output));
        var inputs = (int)layer.Shape[axes.Input];
        return output * Math.Max(1, channels / inputs) / (int)layer.Shape[axes.Output] * inputs + input;
    }

    private static int Index(ImmutableArray<long> shape, int position, int axis)
    {
        for (var last = shape.Length - 1; last > axis; last--)
            position /= (int)shape[last];
        return position % (int)shape[axis];
    }

    private static PrunedLayer Pruned(LayerCurvature layer, bool[] gone)
    {
        var predicted = Enumerable.Range(0, gone.Length).Where(index => gone[index]).Sum(index => Saliency(layer, index));
        return new PrunedLayer(
            layer.Weight,
            layer.Node,
            layer.Shape,
            layer.Values,
            [.. gone.Select(isGone => !isGone)],
            predicted,
            layer.ErrorBound(index => gone[index] ? layer.Values[index] * layer.Values[index] / 2 : 0),
            layer.IsExact
        );
    }
}
