using OnnxCurvature.RandomGraphs.Graphs;
using OnnxCurvature.RandomGraphs.Numbers;

namespace OnnxCurvature.RandomGraphs.Evaluation;

/// <summary>Products of tensors.</summary>
internal static class ProductOperators
{
    public static Dictionary<string, NodeFunction> All { get; } =
        new(StringComparer.Ordinal)
        {
            ["MatMul"] = (_, x) => [MatMul(x[0]!, x[1]!)],
            ["Gemm"] = (node, x) => [Gemm(node, x)],
            ["Einsum"] = (node, x) => [Einsum(node.Text("equation", ""), [.. x.Select(data => data!)])],
        };

    /// <summary>As NumPy's matmul: vectors are a row before and a column after, axes before the last two are broadcast.</summary>
    public static Data MatMul(Data a, Data b)
    {
        var (row, column) = (a.Rank == 1, b.Rank == 1);
        a = row ? a.Reshaped(1, a.Shape[0]) : a;
        b = column ? b.Reshaped(b.Shape[0], 1) : b;
        var lead = Data.BroadcastShape(a.Shape[..^2], b.Shape[..^2]);
        var (m, k, n) = (a.Shape[^2], a.Shape[^1], b.Shape[^1]);
        var (x, y) = (a.Broadcast([.. lead, m, k]).Numbers, b.Broadcast([.. lead, k, n]).Numbers);
        var result = new List<Number>();
        for (var matrix = 0; matrix < Data.CountOf(lead); matrix++)
        for (var i = 0; i < m; i++)
        for (var j = 0; j < n; j++)
        {
            var sum = x[(matrix * m + i) * k] * y[matrix * k * n + j];
            for (var inner = 1; inner < k; inner++)
                sum += x[(matrix * m + i) * k + inner] * y[(matrix * k + inner) * n + j];
            result.Add(sum);
        }
        return new Data([.. lead, .. row ? [] : new[] { m }, .. column ? [] : new[] { n }], [.. result]);
    }

    private static Data Gemm(GraphNode node, Data?[] x)
    {
        var a = node.Int("transA", 0) != 0 ? x[0]!.Transposed(1, 0) : x[0]!;
        var b = node.Int("transB", 0) != 0 ? x[1]!.Transposed(1, 0) : x[1]!;
        var product = MatMul(a, b).Map(value => node.Float("alpha", 1) * value);
        return x.Length < 3 || x[2] is not { } c ? product : Data.Zip(product, c, (p, q) => p + node.Float("beta", 1) * q);
    }

    private static Data Einsum(string equation, Data[] operands)
    {
        var sides = equation.Split("->");
        var terms = sides[0].Split(',');
        var sizes = new Dictionary<char, int>();
        for (var i = 0; i < terms.Length; i++)
        for (var axis = 0; axis < terms[i].Length; axis++)
            sizes[terms[i][axis]] = operands[i].Shape[axis];
        var letters = sides[1].Concat(sizes.Keys.Where(letter => !sides[1].Contains(letter)).Order()).ToArray();
        var output = sides[1].Select(letter => sizes[letter]).ToArray();
        var sums = new Number?[Data.CountOf(output)];
        foreach (var at in Data.Coordinates([.. letters.Select(letter => sizes[letter])]))
        {
            var product = Factor(0, at);
            for (var i = 1; i < terms.Length; i++)
                product *= Factor(i, at);
            var place = 0;
            for (var axis = 0; axis < output.Length; axis++)
                place = place * output[axis] + at[axis];
            sums[place] = sums[place] is { } sum ? sum + product : product;
        }
        return new Data(output, [.. sums.Select(sum => sum!.Value)]);

        Number Factor(int operand, int[] at) =>
            operands[operand].Numbers[operands[operand].IndexOf([.. terms[operand].Select(letter => at[Array.IndexOf(letters, letter)])])];
    }
}
