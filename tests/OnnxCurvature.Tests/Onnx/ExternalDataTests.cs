using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Tensors;
using OnnxCurvature.Tests.Files;
using Xunit;
using static OnnxCurvature.Tests.Onnx.ModelBytes;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Weights in other files are read from the model's folder, and from nowhere else.</summary>
public sealed class ExternalDataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExternalDataTests()
    {
        Directory.CreateDirectory(_folder.File("models/weights"));
        File.WriteAllBytes(
            _folder.File("models/weights/w.bin"),
            [.. new byte[8], .. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)]
        );
        File.WriteAllBytes(_folder.File("outside.bin"), new byte[64]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Elements_are_read_at_their_offset()
    {
        var weight = Load("weights/w.bin", ("offset", "8"), ("length", "8")).Weights[0].Constant!;
        Assert.Equal([1.5, -2], weight.Read().Floats);
        Assert.Equal(8, Assert.IsType<MappedConstant>(weight).Offset);
    }

    [Fact]
    public void A_link_that_stays_in_the_folder_is_followed()
    {
        File.CreateSymbolicLink(_folder.File("models/link.bin"), _folder.File("models/weights/w.bin"));
        Assert.Equal([0, 0], Load("link.bin").Weights[0].Constant!.Read().Floats);
    }

    [Fact]
    public void An_absolute_location_is_refused() => Refuses("absolute location", _folder.File("outside.bin"));

    [Fact]
    public void A_drive_is_refused() => Refuses("absolute location", "C:w.bin");

    [Fact]
    public void A_location_above_the_folder_is_refused() => Refuses("outside of the model's folder", "weights/../../outside.bin");

    [Fact]
    public void A_location_above_the_folder_in_the_manner_of_Windows_is_refused() =>
        Refuses("outside of the model's folder", "weights\\..\\..\\outside.bin");

    [Fact]
    public void A_link_that_leaves_the_folder_is_refused()
    {
        File.CreateSymbolicLink(_folder.File("models/link.bin"), _folder.File("outside.bin"));
        Refuses("a link that leaves the model's folder", "link.bin");
    }

    [Fact]
    public void A_folder_that_is_a_link_and_leaves_the_folder_is_refused()
    {
        Directory.CreateSymbolicLink(_folder.File("models/up"), _folder.Path);
        Refuses("a link that leaves the model's folder", "up/outside.bin");
    }

    [Fact]
    public void A_missing_location_is_refused() => Refuses("has no location", "");

    [Fact]
    public void A_missing_file_is_refused() => Refuses("there is no such file", "none.bin");

    [Fact]
    public void A_file_that_is_too_short_is_refused() => Refuses("is only 16 bytes long", "weights/w.bin", ("offset", "9"));

    [Fact]
    public void An_offset_behind_the_end_is_refused() =>
        Refuses("is only 16 bytes long", "weights/w.bin", ("offset", "9223372036854775807"));

    [Fact]
    public void A_negative_offset_is_refused() => Refuses("the offset '-8'", "weights/w.bin", ("offset", "-8"));

    [Fact]
    public void A_negative_length_is_refused() => Refuses("the length '-8'", "weights/w.bin", ("length", "-8"));

    [Fact]
    public void A_length_that_does_not_fit_the_shape_is_refused() =>
        Refuses("is said to be 12 bytes long, but float32[2] needs 8", "weights/w.bin", ("length", "12"));

    private OnnxModel Load(string location, params (string, string)[] entries) =>
        OnnxModel.Load(
            Model(Graph(Node("Neg", "x", "y")))
                .Also(model => model.Graph.Initializer.Add(External("w", location, 2, entries)))
                .Save(_folder, "models/model.onnx")
        );

    private void Refuses(string message, string location, params (string, string)[] entries) =>
        Assert.Contains(message, Assert.Throws<UserErrorException>(() => Load(location, entries)).Message, StringComparison.Ordinal);
}
