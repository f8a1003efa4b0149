using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Operators that take or put entries at places that other tensors name.</summary>
internal static class IndexingOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["Gather"] = (node, x) => [Gather(x[0]!, x[1]!, x[0]!.Axis(node.Int("axis", 0)))],
            ["GatherElements"] = (node, x) => [GatherElements(x[0]!, x[1]!, x[0]!.Axis(node.Int("axis", 0)))],
            ["GatherND"] = (_, x) => [GatherND(x[0]!, x[1]!)],
            ["ScatterElements"] = (node, x) =>
                [ScatterElements(x[0]!, x[1]!, x[2]!, x[0]!.Axis(node.Int("axis", 0)), node.Text("reduction", "none") == "add")],
            ["Trilu"] = (node, x) => [Trilu(x[0]!, node.Int("upper", 1) != 0)],
            ["CumSum"] = (node, x) => [CumSum(node, x[0]!, x[0]!.Axis(x[1]!.Integers![0]))],
            ["TopK"] = (node, x) => TopK(x[0]!, (int)x[1]!.Integers![0], x[0]!.Axis(node.Int("axis", -1))),
        };

    private static Data Gather(Data x, Data indices, int axis) =>
        x.Pick(
            [.. x.Shape[..axis], .. indices.Shape, .. x.Shape[(axis + 1)..]],
            at =>
            {
                var index = indices.Integers![indices.IndexOf(at.AsSpan(axis, indices.Rank))];
                return x.IndexOf([.. at[..axis], (int)(index < 0 ? index + x.Shape[axis] : index), .. at[(axis + indices.Rank)..]]);
            }
        );

    private static Data GatherElements(Data x, Data indices, int axis)
    {
        var next = 0;
        return x.Pick(
            indices.Shape,
            at =>
            {
                var source = at.ToArray();
                source[axis] = (int)indices.Integers![next++];
                return x.IndexOf(source);
            }
        );
    }

    private static Data GatherND(Data x, Data indices)
    {
        var (lead, depth) = (indices.Shape[..^1], indices.Shape[^1]);
        return x.Pick(
            [.. lead, .. x.Shape[depth..]],
            at =>
            {
                var tuple = lead.Length == 0 ? 0 : new Data(lead, null, []).IndexOf(at.AsSpan(0, lead.Length));
                return x.IndexOf([
                    .. indices.Integers!.AsSpan(tuple * depth, depth).ToArray().Select(index => (int)index),
                    .. at[lead.Length..],
                ]);
            }
        );
    }

    private static Data ScatterElements(Data x, Data indices, Data updates, int axis, bool add)
    {
        var (result, next) = (x.Numbers.ToArray(), 0);
        foreach (var at in Data.Coordinates(indices.Shape))
        {
            var place = at.ToArray();
            place[axis] = (int)indices.Integers![next];
            var index = x.IndexOf(place);
            result[index] = add ? result[index] + updates.Numbers[next] : updates.Numbers[next];
            next++;
        }
        return new Data(x.Shape, result);
    }

    private static Data Trilu(Data x, bool upper)
    {
        var next = -1;
        return x.Pick(
            x.Shape,
            at =>
            {
                next++;
                return (upper ? at[^1] >= at[^2] : at[^1] <= at[^2]) ? next : null;
            }
        );
    }

    private static Data CumSum(GraphNode node, Data x, int axis)
    {
        var (back, exclusive) = (node.Int("reverse", 0) != 0, node.Int("exclusive", 0) != 0);
        return x.Along(
            axis,
            line =>
            {
                var (result, sum) = (new Number[line.Length], line[0].Constant(0));
                for (var i = 0; i < line.Length; i++)
                {
                    var at = back ? line.Length - 1 - i : i;
                    result[at] = exclusive ? sum : sum + line[at];
                    sum += line[at];
                }
                return result;
            }
        );
    }

    private static Data[] TopK(Data x, int k, int axis)
    {
        var (shape, stride) = (x.Shape.ToArray(), Data.Strides(x.Shape)[axis]);
        shape[axis] = k;
        var (values, places) = (new List<Number>(), new List<long>());
        foreach (var at in Data.Coordinates(shape))
        {
            var start = at.ToArray();
            start[axis] = 0;
            var first = x.IndexOf(start);
            var order = Enumerable.Range(0, x.Shape[axis]).OrderByDescending(i => x.Numbers[first + i * stride].Value).ToArray();
            for (var i = 1; i < order.Length; i++)
                x.Numbers[0].Tape.Decide(x.Numbers[first + order[i - 1] * stride].Value - x.Numbers[first + order[i] * stride].Value);
            var all = order.Aggregate(0UL, (samples, i) => samples | x.Numbers[first + i * stride].Samples);
            values.Add(x.Numbers[first + order[at[axis]] * stride] with { Samples = all });
            places.Add(order[at[axis]]);
        }
        return [new Data(shape, [.. values]), new Data(shape, null, [.. places])];
    }
}
