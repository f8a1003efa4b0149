using OnnxCurvature.RandomGraphs.Graphs;

namespace OnnxCurvature.RandomGraphs.Generation;

/// <summary>Dense layers, with weights as they are, tied, or derived from others.</summary>
internal static class DenseBlocks
{
    public static IReadOnlyList<Block> All { get; } =
    [
        new("dense", 22, (_, x) => x.Rank >= 1 && !x.Layout.HoldsSamples(x.Rank - 1), Dense),
        new("dense from the left", 5, (_, x) => x.Rank >= 2 && !x.Layout.HoldsSamples(x.Rank - 2), Left),
        new("gemm", 6, (_, x) => x.Rank == 2 && x.PlainAxes.Length > 0, Gemm),
        new("ensemble", 4, (_, x) => x.Rank == 2 && !x.Layout.HoldsSamples(1), Ensemble),
        new("einsum", 5, (_, x) => x.Rank is 2 or 3 && x.PlainAxes.Length > 0, Einsum),
    ];

    private static Sketch Dense(GraphBuilder b, Sketch x)
    {
        var width = Sizes.Of(b);
        var product = b.Value(x.Layout.With(x.Rank - 1, width), "MatMul", [x.Name, Matrix(b, x.Shape[^1], width)]);
        return b.Choices.OneIn(2) ? b.Value(product.Layout, "Add", [product.Name, b.Weight(0.7, width)]) : product;
    }

    /// <summary>
    /// Few features and then many, with nothing curved behind the few: directions that a factor of the Hessian there gives are fewer than
    /// those of the output.
    /// </summary>
    public static Sketch Narrow(GraphBuilder b, Sketch x)
    {
        b.Trait("narrow before the output");
        var (few, many) = (b.Choices.Pick(1, 2, 3), b.Choices.Pick(4, 6));
        var narrow = b.Value(x.Layout.With(x.Rank - 1, few), "MatMul", [x.Name, Matrix(b, x.Shape[^1], few)]);
        if (b.Choices.OneIn(2))
            narrow = Block.Same(b, narrow);
        var wide = b.Value(x.Layout.With(x.Rank - 1, many), "MatMul", [narrow.Name, Matrix(b, few, many)]);
        return b.Choices.OneIn(2) ? b.Value(wide.Layout, "Add", [wide.Name, b.Weight(0.7, many)]) : wide;
    }

    private static Sketch Left(GraphBuilder b, Sketch x)
    {
        var width = Sizes.Of(b);
        return b.Value(x.Layout.With(x.Rank - 2, width), "MatMul", [Matrix(b, width, x.Shape[^2]), x.Name]);
    }

    private static Sketch Gemm(GraphBuilder b, Sketch x)
    {
        var width = Sizes.Of(b);
        var turned = x.Layout.HoldsSamples(1);
        var transposed = b.Choices.OneIn(2);
        var layout = turned ? x.Layout.Permute(1, 0).With(1, width) : x.Layout.With(1, width);
        var size = turned ? x.Shape[0] : x.Shape[1];
        var weight = transposed ? Matrix(b, width, size) : Matrix(b, size, width);
        string[] bias = b.Choices.OneIn(2) ? [b.Weight(0.7, b.Choices.Pick<int[]>([width], [1, width], [1]))] : [];
        return b.Value(
            layout,
            "Gemm",
            [x.Name, weight, .. bias],
            ("transA", turned ? 1L : 0L),
            ("transB", transposed ? 1L : 0L),
            ("alpha", b.Choices.Pick(1.0, 0.5)),
            ("beta", b.Choices.Pick(1.0, 2.0))
        );
    }

    private static Sketch Ensemble(GraphBuilder b, Sketch x)
    {
        var (members, width) = (Sizes.Of(b), Sizes.Of(b));
        return b.Value(
            x.Layout.With(1, width).Insert(0, members),
            "MatMul",
            [x.Name, b.Weight(1.0 / Math.Sqrt(x.Shape[1]), members, x.Shape[1], width)]
        );
    }

    private static Sketch Einsum(GraphBuilder b, Sketch x)
    {
        var axis = x.PlainAxes[b.Choices.Next(x.PlainAxes.Length)];
        var letters = "abc"[..x.Rank];
        var (width, form) = (Sizes.Of(b), b.Choices.Next(3));
        return form switch
        {
            // The axis is summed up against a weight, and its place taken by the weight's other one.
            0 => b.Value(
                x.Layout.With(axis, width),
                "Einsum",
                [x.Name, Matrix(b, x.Shape[axis], width)],
                ("equation", $"{letters},{letters[axis]}z->{letters.Replace(letters[axis], 'z')}")
            ),
            1 => b.Value(
                x.Layout.Remove(axis).Insert(0, width),
                "Einsum",
                [b.Weight(0.7, width, x.Shape[axis]), x.Name],
                ("equation", $"z{letters[axis]},{letters}->z{letters.Remove(axis, 1)}")
            ),
            _ => b.Value(x.Layout, "Einsum", [x.Name, b.Weight(1, x.Shape[axis])], ("equation", $"{letters},{letters[axis]}->{letters}")),
        };
    }

    /// <summary>A matrix: mostly a weight, else one that is used before, or one that is made of weights.</summary>
    internal static string Matrix(GraphBuilder b, int rows, int columns)
    {
        var scale = 1.2 / Math.Sqrt(Math.Max(rows, 1));
        var tied = b
            .Weights.Where(weight => weight.Shape is [var r, var c] && (r == rows && c == columns || r == columns && c == rows))
            .ToArray();
        var form = b.Choices.Weighted([
            (8, "own"),
            (tied.Length > 0 ? 6 : 0, "tied"),
            (1, "transposed"),
            (1, "scaled"),
            (1, "sliced"),
            (1, "sum"),
            (1, "masked"),
            (1, "normalized"),
            (1, "product"),
        ]);
        if (form is not "own")
            b.Trait($"weight {form}");
        switch (form)
        {
            case "tied":
                var weight = tied[b.Choices.Next(tied.Length)];
                return weight.Shape[0] == rows && weight.Shape[1] == columns
                    ? weight.Name
                    : b.Node("Transpose", [weight.Name], ("perm", new long[] { 1, 0 }));
            case "transposed":
                return b.Node("Transpose", [b.Weight(scale, columns, rows)], ("perm", new long[] { 1, 0 }));
            case "scaled":
                return b.Node("Mul", [b.Weight(scale, rows, columns), b.Choices.OneIn(2) ? b.Weight(1, 1) : b.Scalar(0.75)]);
            case "sliced":
                return b.Node("Slice", [b.Weight(scale, rows + 1, columns), b.Integers(1), b.Integers(rows + 1), b.Integers(0)]);
            case "sum":
                return b.Node("Add", [b.Weight(scale, rows, columns), b.Weight(scale, 1, columns)]);
            case "masked":
                return b.Node(
                    "Mul",
                    [
                        b.Weight(scale, rows, columns),
                        b.Numbers([rows, columns], [.. Enumerable.Range(0, rows * columns).Select(index => index % 3 == 1 ? 0.0 : 1.0)]),
                    ]
                );
            case "normalized":
                return b.Node("LpNormalization", [b.Weight(scale, rows, columns)], ("axis", b.Choices.Pick(0L, 1L)));
            case "product":
                return b.Node("MatMul", [b.Weight(scale, rows, 2), b.Weight(0.9, 2, columns)]);
            default:
                return b.Weight(scale, rows, columns);
        }
    }
}
