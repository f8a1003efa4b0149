using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Runtimes;
using Xunit;

namespace OnnxCurvature.Tests.Data;

/// <summary>Results as .npz, .safetensors and folders hold the same numbers and say what they are of; others read them.</summary>
public sealed class ResultFormatTests
{
    private const string Words = "--wrt w v --loss cross-entropy --data x=@x.npy labels=@labels.npy";

    private static readonly string[] Classes = ["cat", "dog"];

    [Fact]
    public void All_forms_of_a_result_hold_the_same_arrays()
    {
        using var tool = new Tool();
        foreach (var name in new[] { "@o.npz", "@o.safetensors", "@folder/" })
        {
            var run = tool.Run($"run @model.onnx -o {name} {Words}");
            Assert.True(run.Code == ExitCodes.Success, run.ToString());
        }
        var bytes = File.ReadAllBytes(tool["o.safetensors"]);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        Assert.Equal(0, (8 + length) % 8);
        using var reader = NpzReader.Open(tool["o.npz"]);
        foreach (var name in reader.Names)
        {
            var expected = reader.Read(name);
            var entry = header.RootElement.GetProperty(name);
            Assert.Equal("F32", entry.GetProperty("dtype").GetString());
            Assert.Equal(expected.Shape, entry.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
            var place = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            Assert.Equal(expected.Data, bytes[(8 + length + place[0])..(8 + length + place[1])]);
            Assert.Equal(expected.Data, NpyReader.Read(Path.Combine(tool["folder"], $"{name}.npy")).Data);
        }
        using var about = JsonDocument.Parse(header.RootElement.GetProperty("__metadata__").GetProperty("about").GetString()!);
        AssertSaysWhatItIsOf(about.RootElement);
        using var folder = JsonDocument.Parse(File.ReadAllText(Path.Combine(tool["folder"], "about.json")));
        AssertSaysWhatItIsOf(folder.RootElement);
        Assert.Equal("loss.npy", folder.RootElement.GetProperty("results")[0].GetProperty("file").GetString());
        var again = tool.Run($"run @model.onnx -o @folder/ {Words}");
        Assert.Contains("is there already and holds something; name a folder that is new or empty.", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void NumPy_reads_what_a_result_is_of()
    {
        using var tool = new Tool();
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @o.npz {Words}").Code);
        var script =
            $"import json, numpy; f = numpy.load({JsonSerializer.Serialize(tool["o.npz"])}); "
            + "print(json.dumps([json.loads(f['about.json']), f['w.gradient'].tolist()]))";
        var (code, output, errors) = Runtimes.Programs.Run("/usr/bin/python3", ["-c", script], TimeSpan.FromMinutes(1));
        Assert.SkipWhen(code is null || errors.Contains("No module named 'numpy'", StringComparison.Ordinal), "Python has no NumPy here.");
        Assert.True(code == 0, errors);
        using var document = JsonDocument.Parse(output);
        AssertSaysWhatItIsOf(document.RootElement[0]);
        Assert.Equal(
            tool.Read("o.npz", "w.gradient"),
            document
                .RootElement[1]
                .EnumerateArray()
                .SelectMany(row => row.EnumerateArray())
                .Select(entry => (double)(float)entry.GetDouble())
        );
    }

    /// <summary>The sample in Python turns a folder of images into arrays that a run takes as they are.</summary>
    [Fact]
    public void The_sample_for_images_writes_arrays_of_bytes()
    {
        using var tool = new Tool();
        foreach (var (label, name) in Classes.Index())
        {
            Directory.CreateDirectory(tool[$"photos/{name}"]);
            for (var image = 0; image < 2; image++)
                File.WriteAllBytes(tool[$"photos/{name}/{image}.bmp"], Bitmap(300, 240, (byte)(100 * label + 20 * image)));
        }
        var script = Path.Combine(Repository.Root, "src", "samples", "images", "images.py");
        var (code, output, errors) = Runtimes.Programs.Run(
            "/usr/bin/python3",
            [script, tool["photos"], tool["arrays"]],
            TimeSpan.FromMinutes(1)
        );
        Assert.SkipWhen(
            code is null || errors.Contains("No module named", StringComparison.Ordinal),
            "Python has no NumPy or Pillow here."
        );
        Assert.True(code == 0, errors);
        Assert.Equal("4 images of 2 classes in 1 files", output.Trim());
        var images = NpyReader.Read(tool["arrays/image-0.npy"]);
        Assert.Equal(ElementType.UInt8, images.Element);
        Assert.Equal([4, 3, 224, 224], images.Shape);
        Assert.Equal([0, 0, 1, 1], NpyReader.Read(tool["arrays/labels-0.npy"]).ToInt64s());
        // Red of the first image of the second class.
        Assert.Equal(100, images.Slice(0, 2, 3).Data[0]);
    }

    /// <summary>The recipe for worker threads gives what the tool gives, over a last batch that is smaller.</summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void The_sample_for_Node_adds_up_batches_as_the_tool_does()
    {
        Assert.SkipWhen(NodePackages.Folder is null, NodePackages.Reason);
        using var tool = new Tool();
        tool.Npy("x.npy", ElementType.Float32, [50, 3], [.. Enumerable.Range(0, 150).Select(index => Math.Sin(index * index + 1.0))]);
        tool.Npy("labels.npy", ElementType.Int64, [50], [.. Enumerable.Range(0, 50).Select(index => (double)(index % 3 % 2))]);
        const string Asked = "--wrt w v --loss cross-entropy --quantity loss,gradient,hessian-diagonal";
        Assert.Equal(ExitCodes.Success, tool.Run($"augment @model.onnx -o @curvature.onnx --embed {Asked}").Code);
        Assert.Equal(ExitCodes.Success, tool.Run($"run @model.onnx -o @o.npz {Asked} --data x=@x.npy labels=@labels.npy").Code);
        var (code, _, errors) = Runtimes.Programs.Run(
            "env",
            [
                $"NODE_MODULES={NodePackages.Folder}",
                "node",
                Path.Combine(Repository.Root, "src", "samples", "batches", "sum.mjs"),
                tool["curvature.onnx"],
                tool["out.json"],
                "8",
                $"x={tool["x.npy"]}",
                $"labels={tool["labels.npy"]}",
            ],
            TimeSpan.FromMinutes(2)
        );
        Assert.True(code == 0, errors);
        using var sums = JsonDocument.Parse(File.ReadAllText(tool["out.json"]));
        foreach (var name in new[] { "loss", "w.gradient", "w.hessian_diagonal", "v.gradient", "v.hessian_diagonal" })
        {
            var expected = tool.Read("o.npz", name);
            var actual = sums
                .RootElement.GetProperty(name)
                .GetProperty("data")
                .EnumerateArray()
                .Select(entry => entry.GetDouble())
                .ToArray();
            var size = expected.Max(Math.Abs);
            Assert.Equal(expected.Length, actual.Length);
            for (var index = 0; index < expected.Length; index++)
                Assert.Equal(expected[index], actual[index], 1e-6 * size);
        }
    }

    private static void AssertSaysWhatItIsOf(JsonElement about)
    {
        Assert.Equal("onnx-curvature-result", about.GetProperty("kind").GetString());
        var of = about.GetProperty("of");
        Assert.Matches("^xxh128:[0-9a-f]{32}$", of.GetProperty("the model's file 'model.onnx'").GetString());
        Assert.Matches("^xxh128:[0-9a-f]{32}$", of.GetProperty("--data 'x'").GetString());
        Assert.Equal("w v", of.GetProperty("--wrt").GetString());
        Assert.Equal("cross-entropy", of.GetProperty("--loss").GetString());
        Assert.Equal(4, about.GetProperty("samples").GetInt64());
        Assert.True(about.GetProperty("check").GetProperty("agrees").GetBoolean());
        Assert.NotEmpty(about.GetProperty("plan").EnumerateArray());
        Assert.True(about.GetProperty("seconds").GetProperty("run").GetDouble() > 0);
    }

    /// <summary>A bitmap of 24 bits of one colour, whose red is given.</summary>
    private static byte[] Bitmap(int width, int height, byte red)
    {
        const int header = 54;
        var row = (3 * width + 3) / 4 * 4;
        var bytes = new byte[header + row * height];
        Encoding.ASCII.GetBytes("BM", bytes);
        foreach (var (at, value) in new[] { (2, bytes.Length), (10, header), (14, 40), (18, width), (22, height), (34, row * height) })
            MemoryMarshal.Write(bytes.AsSpan(at), value);
        (bytes[26], bytes[28]) = (1, 24);
        for (var y = 0; y < height; y++)
        for (var x = 0; x < width; x++)
            bytes[header + y * row + 3 * x + 2] = red;
        return bytes;
    }
}
