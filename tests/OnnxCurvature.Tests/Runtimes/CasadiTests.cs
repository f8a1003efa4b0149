using System.Collections.Immutable;
using System.Globalization;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;
using MathNet.Numerics.Random;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Products;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.References;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>
/// The files that CasADi finds beside a model have its names and shapes of seeds, and give derivatives that differences of the model give.
/// </summary>
public sealed class CasadiTests
{
    private const double Step = 1e-6;
    private const double Tolerance = 1e-7;

    private static readonly string[] IpoptFolders = ["/usr/include/coin", "/usr/include/coin-or"];

    /// <summary>The shapes of the inputs, where 0 stands for a size that is not known.</summary>
    public static TheoryData<string, int[]> Shapes =>
        new()
        {
            { "vector", [3] },
            { "row", [1, 3] },
            { "samples", [0, 3] },
            { "images", [2, 2, 3] },
        };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Adjoints_and_their_forward_derivatives_are_those_of_differences(string name, int[] shape)
    {
        using var folder = new TemporaryFolder();
        var files = Written(folder, shape);
        Assert.Equal(["f.onnx", "adj_f.onnx", "fwd_adj_f.onnx"], files.Select(Path.GetFileName));
        Assert.All(files, file => Assert.Empty(OnnxChecker.Check(file)), throwIfEmpty: true);
        long[] x = [.. shape.Select(size => size == 0 ? 2L : size)];
        long[] p = [2];
        var y = x.Length == 1 ? p : [.. x[..^1], 2L];
        var data = new Dictionary<string, NpyArray> { ["x"] = Numbers(x, 1), ["p"] = Numbers(p, 2) };
        const int Seeds = 3;
        data["adj_y"] = Numbers(Packed(y, Seeds), 3);
        data["adj_z"] = Numbers(Packed([], Seeds), 4);

        // Σ w·(y, z) of each seed, at x and at steps from it.
        double[] Weighted(Dictionary<string, NpyArray> at)
        {
            var outputs = PlainSession.Run(files[0], at);
            return
            [
                .. Enumerable
                    .Range(0, Seeds)
                    .Select(seed =>
                        Unpacked(data["adj_y"].ToDoubles(), y, Seeds, seed).Zip(outputs["y"], (w, value) => w * value).Sum()
                        + Unpacked(data["adj_z"].ToDoubles(), [], Seeds, seed)[0] * outputs["z"][0]
                    ),
            ];
        }
        var adjoint = PlainSession.Run(files[1], data);
        foreach (var (input, sizes) in new[] { ("x", x), ("p", p) })
        {
            var expected = Enumerable.Range(0, Seeds).Select(_ => new double[Count(sizes)]).ToArray();
            for (var entry = 0; entry < Count(sizes); entry++)
            {
                var (high, low) = (Weighted(Moved(data, input, entry, Step)), Weighted(Moved(data, input, entry, -Step)));
                for (var seed = 0; seed < Seeds; seed++)
                    expected[seed][entry] = (high[seed] - low[seed]) / (2 * Step);
            }
            for (var seed = 0; seed < Seeds; seed++)
                Near(expected[seed], Unpacked(adjoint[$"adj_{input}"], sizes, Seeds, seed), $"{name}: adj_{input}");
        }

        // The forward derivative of the adjoint along two directions of all that it takes.
        var matrices = new Dictionary<string, long[]>
        {
            ["x"] = x,
            ["p"] = p,
            ["adj_y"] = Packed(y, Seeds),
            ["adj_z"] = Packed([], Seeds),
        };
        const int Directions = 2;
        var number = 5;
        foreach (var (input, sizes) in matrices)
            data[$"fwd_{input}"] = Numbers(Packed(sizes, Directions), number++);
        var second = PlainSession.Run(files[2], data);
        for (var direction = 0; direction < Directions; direction++)
        {
            Dictionary<string, NpyArray> Along(double step)
            {
                var moved = new Dictionary<string, NpyArray>(data);
                foreach (var (input, sizes) in matrices)
                {
                    var along = Unpacked(data[$"fwd_{input}"].ToDoubles(), sizes, Directions, direction);
                    moved[input] = Array(sizes, [.. data[input].ToDoubles().Zip(along, (at, d) => at + step * d)]);
                }
                return moved;
            }
            var (high, low) = (PlainSession.Run(files[1], Along(Step)), PlainSession.Run(files[1], Along(-Step)));
            foreach (var (input, sizes) in new[] { ("adj_x", Packed(x, Seeds)), ("adj_p", Packed(p, Seeds)) })
                Near(
                    [.. high[input].Zip(low[input], (above, below) => (above - below) / (2 * Step))],
                    Unpacked(second[$"fwd_{input}"], sizes, Directions, direction),
                    $"{name}: fwd_{input}"
                );
        }
    }

    [Fact]
    public void Files_keep_the_signature_of_the_model_and_add_seeds()
    {
        using var folder = new TemporaryFolder();
        var files = Written(folder, [3]);
        var (adjoint, second) = (OnnxModel.Load(files[1]), OnnxModel.Load(files[2]));
        Assert.Equal(
            ["x: float64[3]", "p: float64[2]", "adj_y: float64[2,nadj]", "adj_z: float64[1,nadj]"],
            adjoint.Inputs.Select(input => input.ToString())
        );
        Assert.Equal(["y", "z", "adj_x", "adj_p"], adjoint.Outputs.Select(output => output.Name));
        Assert.Equal(["x", "p", "adj_y", "adj_z", "fwd_x", "fwd_p", "fwd_adj_y", "fwd_adj_z"], second.Inputs.Select(input => input.Name));
        Assert.Equal(["adj_x", "adj_p", "fwd_adj_x", "fwd_adj_p"], second.Outputs.Select(output => output.Name));
    }

    [Fact]
    public void Ipopt_solves_a_problem_with_a_network_as_its_constraint_by_exact_Hessians()
    {
        var headers = IpoptFolders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, "IpStdCInterface.h")));
        Assert.SkipWhen(headers is null, "Ipopt is not installed; Debian's package coinor-libipopt-dev has it.");
        Assert.SkipWhen(!Programs.Exists("cc"), "No C compiler is installed; Debian's package gcc has one.");
        Assert.SkipWhen(OrtLibrary.Headers is null, "The headers of ONNX Runtime are not where NuGet puts packages.");
        using var folder = new TemporaryFolder();
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [4]), "x");
        var y = Network(b, x, 4);
        OnnxWriter.Write(b.Build([x], [new NamedValue("y", y)]), folder.File("model.onnx"));
        CurvatureEngine.AugmentForCasadi(folder.File("model.onnx"), folder.File("f.onnx"), new AugmentOptions());
        // The library's own name has the number of its interface.
        File.CreateSymbolicLink(folder.File("libonnxruntime.so.1"), OrtLibrary.Native);
        var program = folder.File("solve");
        var built = Programs.Run(
            "cc",
            [
                "-std=c11",
                "-O1",
                Path.Combine(Repository.Root, "src", "samples", "ipopt", "solve.c"),
                $"-I{OrtLibrary.Headers}",
                $"-I{headers}",
                OrtLibrary.Native,
                $"-Wl,-rpath,{folder.Path}",
                "-lipopt",
                "-lm",
                "-o",
                program,
            ],
            TimeSpan.FromMinutes(2)
        );
        Assert.True(built.Code == 0, built.Errors);
        double[] target = [0.3, -0.2];
        var (code, output, errors) = Programs.Run(
            program,
            [folder.Path, "4", .. target.Select(number => number.ToString("R", CultureInfo.InvariantCulture))],
            TimeSpan.FromMinutes(1)
        );
        Assert.True(code == 0, output + errors);
        double[] Line(string name) =>
            [
                .. output
                    .Split('\n')
                    .Single(line => line.StartsWith(name + " ", StringComparison.Ordinal))
                    .Split(' ')[1..]
                    .Select(number => double.Parse(number, CultureInfo.InvariantCulture)),
            ];
        var (solution, multipliers) = (Line("x"), Line("lambda"));

        // The constraint holds, and x + Jᵀ λ = 0 with a Jacobian of differences.
        double[] At(double[] point) =>
            PlainSession.Run(folder.File("f.onnx"), new Dictionary<string, NpyArray> { ["x"] = Array([4], point) })["y"];
        Near(target, At(solution), "y(x)");
        for (var entry = 0; entry < 4; entry++)
        {
            double[] Moved(double step) => [.. solution.Select((value, index) => index == entry ? value + step : value)];
            var slope = At(Moved(Step)).Zip(At(Moved(-Step)), (high, low) => (high - low) / (2 * Step));
            Assert.Equal(0, solution[entry] + slope.Zip(multipliers, (j, lambda) => j * lambda).Sum(), 1e-7);
        }
        // Exact Hessians make Newton's method: a handful of iterations.
        var iterations = int.Parse(output.Split("after ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.InRange(iterations, 1, 12);
    }

    /// <summary>y = tanh(x A) B + p and z = Σ y² x₀, of inputs x and p.</summary>
    private static ImmutableArray<string> Written(TemporaryFolder folder, int[] shape)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float64, [.. shape.Select(size => size == 0 ? Dim.Symbol("N") : size)]), "x");
        var p = b.Parameter(new TensorType(ElementType.Float64, [2]), "p");
        var y = Add.Of(b, Network(b, x, 3), p);
        var z = ReduceSum.All(b, Mul.Of(b, Mul.Of(b, y, y), y));
        OnnxWriter.Write(b.Build([x, p], [new NamedValue("y", y), new NamedValue("z", z)]), folder.File("model.onnx"));
        return CurvatureEngine.AugmentForCasadi(folder.File("model.onnx"), folder.File("f.onnx"), new AugmentOptions());
    }

    private static Value Network(GraphBuilder b, Value x, int inputs)
    {
        var random = new MersenneTwister(1);
        Value Matrix(int rows, int columns, string name)
        {
            var entries = new double[rows * columns];
            Normal.Samples(random, entries, 0, 1);
            return b.Constant(Tensor.Of([rows, columns], entries), name);
        }
        return MatMul.Of(b, Catalogue.Get<Tanh>().Apply(b, [MatMul.Of(b, x, Matrix(inputs, 5, "A"))]).Output, Matrix(5, 2, "B"));
    }

    private static Dictionary<string, NpyArray> Moved(Dictionary<string, NpyArray> data, string input, int entry, double step)
    {
        var values = data[input].ToDoubles();
        values[entry] += step;
        return new Dictionary<string, NpyArray>(data) { [input] = Array([.. data[input].Shape], values) };
    }

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (product, size) => product * size);

    private static NpyArray Array(long[] shape, double[] values) => NpyArray.Of(ElementType.Float64, shape, values);

    private static NpyArray Numbers(long[] shape, int seed) =>
        Array(shape, [.. Enumerable.Range(1, Count(shape)).Select(index => Math.Cos(seed * index) / 2)]);

    /// <summary>The matrix of N seeds for a value, as CasADi's documentation has it.</summary>
    private static long[] Packed(long[] shape, long seeds) =>
        shape.Length switch
        {
            0 => [1, seeds],
            1 => [shape[0], seeds],
            2 => [shape[0], seeds * shape[1]],
            _ => [Count(shape), seeds],
        };

    /// <summary>One seed of such a matrix, in the order of the value's elements.</summary>
    private static double[] Unpacked(double[] packed, long[] shape, int seeds, int seed)
    {
        var columns = shape.Length == 2 ? (int)shape[1] : 1;
        var rows = packed.Length / (columns * seeds);
        Matrix<double> matrix = DenseMatrix.Build.DenseOfRowMajor(rows, columns * seeds, packed);
        return matrix.SubMatrix(0, rows, seed * columns, columns).ToRowMajorArray();
    }

    private static void Near(double[] expected, double[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var size = expected.Max(Math.Abs);
        Assert.All(
            expected.Zip(actual),
            pair => Assert.True(Math.Abs(pair.First - pair.Second) <= Tolerance * size, $"{what}: {pair}"),
            throwIfEmpty: true
        );
    }
}
