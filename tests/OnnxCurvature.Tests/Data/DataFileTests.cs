using System.IO.Compression;
using System.Text.Json;
using Google.Protobuf;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Data of many files, in part, scaled, and with samples that hold NaN, against the same data in one file.</summary>
[Trait("Category", "Slow")]
public sealed class DataFileTests
{
    private const int N = 50;
    private const string Words = "--wrt w --loss cross-entropy --batch-size 7";

    private static readonly double[] X = [.. Enumerable.Range(0, 3 * N).Select(index => (double)(float)Math.Sin(index * index + 1))];
    private static readonly double[] Labels = [.. Enumerable.Range(0, N).Select(index => (double)(index * index % 3 % 2))];

    [Theory]
    [InlineData("x=@parts labels=@labels.npy")]
    [InlineData("x=@parts/part-*.npy labels=@labels.npy")]
    [InlineData("x=@parts/part-?.npy @parts/part-10.npy @parts/part-11.npy @parts/part-12.npy labels=@labels.npy")]
    [InlineData("x=@parts/part-?.npy x=@parts/part-1?.npy labels=@labels.npy")]
    [InlineData("x=@all.npz:images labels=@all.npz:labels")]
    [InlineData("x=@packed.npz:images labels=@packed.npz:labels")]
    [InlineData("x=@x.npy labels=@single.npz")]
    [InlineData("x=@folded/*/x.npy labels=@labels.npy")]
    [InlineData("x=@x.npy labels=@labels")]
    [InlineData("x=@tensors labels=@labels.npy")]
    public void Files_that_are_joined_give_the_bits_of_one_file(string data)
    {
        using var tool = Prepared();
        AssertSame(tool, "x=@x.npy labels=@labels.npy", data);
    }

    /// <summary>A pipe can be opened once: its bytes are kept where files are opened again for each batch.</summary>
    [Fact]
    public async Task Pipes_that_are_joined_give_the_bits_of_one_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes with names are made by mkfifo.");
        using var tool = Prepared();
        Save(tool, "first", 0, 20);
        Save(tool, "second", 20, N);
        foreach (var pipe in new[] { "a", "b" })
            using (var made = System.Diagnostics.Process.Start("mkfifo", tool[pipe]))
                await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var writing = Task.WhenAll(Write("first.x.npy", "a"), Write("second.x.npy", "b"));
        AssertSame(tool, "x=@x.npy labels=@labels.npy", "x=@a @b labels=@labels.npy");
        await writing.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Task Write(string file, string pipe) =>
            Task.Run(
                () =>
                {
                    using var stream = new FileStream(tool[pipe], FileMode.Open, FileAccess.Write);
                    stream.Write(File.ReadAllBytes(tool[file]));
                },
                TestContext.Current.CancellationToken
            );
    }

    [Theory]
    [InlineData("--samples 10:31", 10, 31)]
    [InlineData("--samples :20", 0, 20)]
    [InlineData("--samples 44:", 44, 50)]
    [InlineData("--limit 13", 0, 13)]
    [InlineData("--samples 10: --limit 13", 10, 23)]
    [InlineData("--limit 1000", 0, 50)]
    public void A_part_of_the_samples_is_that_part_in_a_file(string words, int start, int end)
    {
        using var tool = Prepared();
        Save(tool, "part", start, end);
        AssertSame(tool, "x=@part.x.npy labels=@part.labels.npy", $"x=@parts labels=@labels.npy {words}");
    }

    [Fact]
    public void Samples_that_hold_NaN_are_left_out_and_counted()
    {
        using var tool = Prepared();
        var x = X.ToArray();
        foreach (var sample in new[] { 4, 5, 30, 49 })
            x[3 * sample + 1] = double.NaN;
        tool.Npy("bad.npy", ElementType.Float32, [N, 3], x);
        int[] good = [.. Enumerable.Range(0, N).Except([4, 5, 30, 49])];
        tool.Npy("good.npy", ElementType.Float32, [good.Length, 3], [.. good.SelectMany(n => X[(3 * n)..(3 * n + 3)])]);
        tool.Npy("good.labels.npy", ElementType.Int64, [good.Length], [.. good.Select(n => Labels[n])]);
        var run = AssertSame(tool, "x=@good.npy labels=@good.labels.npy", "x=@bad.npy labels=@labels.npy --skip-bad");
        const string Note = "4 of 50 samples hold NaN and are left out: 4, 5, 30, 49;";
        Assert.Contains(Note, run, StringComparison.Ordinal);
        Assert.Contains(NotesOf(tool["other.npz"]), note => note.StartsWith(Note, StringComparison.Ordinal));
        // A merge knows of the run only what shards keep.
        for (var shard = 1; shard <= 2; shard++)
            tool.Run($"run @model.onnx -o @part.npz {Words} --data x=@bad.npy labels=@labels.npy --skip-bad --shard {shard}/2");
        var merge = tool.Run("merge -o @merged.npz @part.shard-002-of-002.npz @part.shard-001-of-002.npz");
        Assert.True(merge.Code == ExitCodes.Success, merge.ToString());
        Assert.Contains(Note, merge.Output, StringComparison.Ordinal);
        Assert.Equal(NotesOf(tool["other.npz"]), NotesOf(tool["merged.npz"]));
        var refused = tool.Run($"run @model.onnx -o @o.npz {Words} --data x=@bad.npy labels=@labels.npy --samples 5:");
        Assert.Contains("holds NaN in sample 5, counted from 0", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void NaN_in_one_of_several_files_is_named_by_its_file()
    {
        using var tool = Prepared();
        tool.Npy("parts/part-3.npy", ElementType.Float32, [4, 3], [.. Enumerable.Range(0, 12).Select(k => k == 7 ? double.NaN : k)]);
        var run = tool.Run($"run @model.onnx -o @o.npz {Words} --data x=@parts labels=@labels.npy");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains($"in sample 14, counted from 0 (2 of '{tool["parts/part-3.npy"]}')", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_label_that_is_no_class_is_named_by_its_file_and_its_number_there()
    {
        using var tool = Prepared();
        Directory.CreateDirectory(tool["classes"]);
        foreach (var (name, labels) in new[] { ("a", new double[] { 0, 1 }), ("b", [1, 7]) })
            tool.Npy($"classes/{name}.npy", ElementType.Int64, [2], labels);
        var run = tool.Run($"run @model.onnx -o @o.npz {Words} --data x=@parts/part-0.npy labels=@classes --samples 1:4");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(
            $"holds the label 7 in sample 3, counted from 0 (1 of '{tool["classes/b.npy"]}')",
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("x=@mixed labels=@labels.npy", "mixed/b.npy' has the shape [2,4] and ")]
    [InlineData("x=@types labels=@labels.npy", "types/b.npy' holds float64 and ")]
    [InlineData("x=@parts labels=@part.labels.npy", "part.labels.npy') holds 8 samples and --data 'x' (")]
    [InlineData("x=@parts/none-*.npy labels=@labels.npy", "No .npy, .npz or .pb file is named as ")]
    [InlineData("x=@empty labels=@labels.npy", "empty' holds no .npy, .npz or .pb file")]
    [InlineData("x=@all.npz labels=@labels.npy", "name one, as in all.npz:images")]
    [InlineData("x=@all.npz:image labels=@labels.npy", "has no array 'image'")]
    [InlineData("x=@none.npz labels=@labels.npy", "none.npz' holds no array; write it anew with numpy.savez.")]
    [InlineData("x=@x.npy @bytes.npy labels=@labels.npy --scale 1/255", "bytes.npy' holds uint8 and ")]
    [InlineData("x=@x.npy @x.npy labels=@labels.npy", "twice for one input")]
    [InlineData("x=@x.npy labels=@labels.npy --samples 40:60", "--samples 40:60 asks for samples that are not there")]
    public void Files_that_do_not_fit_are_named_before_anything_is_computed(string data, string expected)
    {
        using var tool = Prepared();
        tool.Npy("mixed/a.npy", ElementType.Float32, [2, 3], new double[6]);
        tool.Npy("mixed/b.npy", ElementType.Float32, [2, 4], new double[8]);
        tool.Npy("types/a.npy", ElementType.Float32, [2, 3], new double[6]);
        tool.Npy("types/b.npy", ElementType.Float64, [2, 3], new double[6]);
        tool.Npy("bytes.npy", ElementType.UInt8, [2, 3], new double[6]);
        ZipFile.Open(tool["none.npz"], ZipArchiveMode.Create).Dispose();
        Directory.CreateDirectory(tool["empty"]);
        Save(tool, "part", 0, 8);
        var run = tool.Run($"run @model.onnx -o @o.npz {Words} --data {data}");
        Assert.Equal(ExitCodes.UserError, run.Code);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(tool["o.npz"]));
    }

    [Fact]
    public void Bytes_of_images_stand_for_what_scale_mean_and_std_say()
    {
        using var tool = Prepared();
        double[] codes = [.. Enumerable.Range(0, 3 * N).Select(index => (double)(index * 37 % 256))];
        double[] mean = [0.485, 0.456, 0.406];
        double[] std = [0.229, 0.224, 0.225];
        tool.Npy("u.npy", ElementType.UInt8, [N, 3], codes);
        tool.Npy("f.npy", ElementType.Float32, [N, 3], [.. codes.Select((code, index) => (code / 255 - mean[index % 3]) / std[index % 3])]);
        tool.Npy("ulabels.npy", ElementType.UInt8, [N], Labels);
        AssertSame(
            tool,
            "x=@f.npy labels=@labels.npy",
            "x=@u.npy labels=@ulabels.npy --scale 1/255 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225"
        );
        AssertSame(
            tool,
            "x=@f.npy labels=@labels.npy",
            "x=@u.npy labels=@labels.npy --scale x=1/255 --mean x=0.485,0.456,0.406 " + "--std x=0.229,0.224,0.225"
        );
        var bare = tool.Run($"run @model.onnx -o @o.npz {Words} --data x=@u.npy labels=@labels.npy");
        Assert.Contains("holds uint8, and the input takes float32; convert it, or give --scale.", bare.Error, StringComparison.Ordinal);
        var wrong = tool.Run($"run @model.onnx -o @o.npz {Words} --data x=@u.npy labels=@labels.npy --scale 1/255 --mean 1,2");
        Assert.Contains("--mean and --std give 2 channels", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_changes_while_it_is_in_use_is_refused()
    {
        using var tool = Prepared();
        var source = DataSource.Open(tool["parts"]);
        var array = new NpyArray(new ArrayFile(tool["x.npy"], () => NpyReader.Open(tool["x.npy"])));
        tool.Npy("x.npy", ElementType.Float32, [N + 1, 3], new double[3 * N + 3]);
        Assert.Contains(
            "was changed while it was in use",
            Assert.Throws<UserErrorException>(() => array.Slice(0, 0, 1)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(13, source.Files.Count());
    }

    /// <summary>The last batch is smaller, so its size stays a symbol, and all others are planned as what they are.</summary>
    [Theory]
    [InlineData(96, 32)]
    [InlineData(40, 20)]
    public void A_number_of_samples_that_is_no_multiple_of_the_batch_is_planned_as_batches_of_that_size(int even, int size)
    {
        var (one, other) = (Plan(even), Plan(even + 5));
        Assert.Equal(one.Batches + 1, other.Batches);
        Assert.InRange(other.Flops, 0.95 * one.Flops, 1.05 * one.Flops);
        Assert.InRange(other.MemoryBytes, 0.8 * one.MemoryBytes, 1.2 * one.MemoryBytes);

        PreparedRun Plan(int samples) =>
            CurvatureEngine.Prepare(
                Path.Combine(Repository.Root, "testmodels", "mlp.onnx"),
                new CurvatureRequest { WithRespectTo = ["fc1.weight"], Loss = LossRequest.Parse("cross-entropy") },
                new Dictionary<string, DataSource>
                {
                    ["features"] = DataSource.Of(NpyArray.Of(ElementType.Float32, [samples, 7], new double[7 * samples])),
                    ["labels"] = DataSource.Of(NpyArray.Of(ElementType.Int64, [samples], new double[samples])),
                },
                new CurvatureRunOptions { BatchSize = size }
            );
    }

    /// <summary>Targets of bytes with an axis of size one too many, that stay in their files.</summary>
    [Fact]
    public void Targets_in_files_are_converted_and_reshaped_as_they_are_read()
    {
        const int Rows = 3;
        using var tool = new Tool();
        double[] target = [.. Enumerable.Range(0, Rows * 2).Select(index => index % 2.0)];
        tool.Npy("target.npy", ElementType.UInt8, [Rows, 2], target);
        var source = new NpyArray(new ArrayFile(tool["target.npy"], () => NpyReader.Open(tool["target.npy"])));
        var reshaped = source.Reshaped([Rows, 1, 2]);
        Assert.Equal([2, 1, 2], reshaped.Slice(0, 1, 3).Shape);
        Assert.Equal(target[2..], reshaped.Slice(0, 1, 3).ToDoubles());
        Assert.Equal([Rows, 1, 1], reshaped.Slice(2, 1, 2).Shape);
        Assert.Equal([1, 1, 1], reshaped.Slice(2, 1, 2).ToDoubles());
        Assert.Equal(target, reshaped.ToDoubles());
        var floats = new NpyArray(new ScaledArray(reshaped, new Scaling(), 0));
        Assert.Equal(ElementType.Float32, floats.Slice(0, 0, 2).Element);
        Assert.Equal(target[..4], floats.Slice(0, 0, 2).ToDoubles());
        Assert.Equal(Enumerable.Range(0, 6).Select(index => (long)index), source.Elements().Select(entry => entry.Position));
    }

    private static string AssertSame(Tool tool, string one, string other)
    {
        var expected = tool.Run($"run @model.onnx -o @one.npz {Words} --data {one}");
        Assert.True(expected.Code == ExitCodes.Success, expected.ToString());
        var run = tool.Run($"run @model.onnx -o @other.npz {Words} --data {other}");
        Assert.True(run.Code == ExitCodes.Success, run.ToString());
        foreach (var name in new[] { "loss", "w.gradient", "w.hessian_diagonal" })
            Assert.Equal(tool.Read("one.npz", name), tool.Read("other.npz", name));
        return run.Output;
    }

    /// <summary>The notes in the file of a result.</summary>
    private static string[] NotesOf(string path)
    {
        using var reader = NpzReader.Open(path);
        using var about = JsonDocument.Parse(reader.ReadText("about.json")!);
        return [.. about.RootElement.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)];
    }

    private static void Save(Tool tool, string name, int start, int end)
    {
        tool.Npy($"{name}.x.npy", ElementType.Float32, [end - start, 3], X[(3 * start)..(3 * end)]);
        tool.Npy($"{name}.labels.npy", ElementType.Int64, [end - start], Labels[start..end]);
    }

    private static Tool Prepared()
    {
        var tool = new Tool();
        tool.Npy("x.npy", ElementType.Float32, [N, 3], X);
        tool.Npy("labels.npy", ElementType.Int64, [N], Labels);
        foreach (var folder in new[] { "parts", "mixed", "types", "labels", "folded/1", "folded/2", "folded/10" })
            Directory.CreateDirectory(tool[folder]);
        foreach (var (part, start) in Enumerable.Range(0, 13).Select(part => (part, 4 * part)))
        {
            var end = Math.Min(N, start + 4);
            tool.Npy($"parts/part-{part}.npy", ElementType.Float32, [end - start, 3], X[(3 * start)..(3 * end)]);
        }
        foreach (var (folder, start, end) in new[] { ("1", 0, 10), ("2", 10, 30), ("10", 30, N) })
            tool.Npy($"folded/{folder}/x.npy", ElementType.Float32, [end - start, 3], X[(3 * start)..(3 * end)]);
        Directory.CreateDirectory(tool["tensors"]);
        foreach (var (name, start, end) in new[] { ("input_9.pb", 0, 23), ("input_10.pb", 23, N) })
        {
            var tensor = new TensorProto
            {
                DataType = 1,
                Dims = { end - start, 3 },
                FloatData = { X[(3 * start)..(3 * end)].Select(value => (float)value) },
            };
            File.WriteAllBytes(tool[$"tensors/{name}"], tensor.ToByteArray());
        }
        tool.Npy("labels/a.npy", ElementType.Int64, [20], Labels[..20]);
        tool.Npy("labels/b.npy", ElementType.Int64, [30], Labels[20..]);
        foreach (var (name, level) in new[] { ("all.npz", CompressionLevel.NoCompression), ("packed.npz", CompressionLevel.Optimal) })
        {
            using var archive = ZipFile.Open(tool[name], ZipArchiveMode.Create);
            Add(archive, "images", level, NpyArray.Of(ElementType.Float32, [N, 3], X));
            Add(archive, "labels", level, NpyArray.Of(ElementType.Int64, [N], Labels));
        }
        using var one = ZipFile.Open(tool["single.npz"], ZipArchiveMode.Create);
        Add(one, "y", CompressionLevel.Optimal, NpyArray.Of(ElementType.Int64, [N], Labels));
        return tool;
    }

    private static void Add(ZipArchive archive, string name, CompressionLevel level, NpyArray array)
    {
        using var member = archive.CreateEntry($"{name}.npy", level).Open();
        NpyWriter.Write(member, array);
    }
}
