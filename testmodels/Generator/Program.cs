using System.CommandLine;
using OnnxCurvature.TestModels;

var folder = new Option<DirectoryInfo>("--folder")
{
    Description = "Where the files go.",
    DefaultValueFactory = _ => new DirectoryInfo("testmodels"),
};
var small = new Command("small", "Writes the small models of this folder and their data.") { folder };
small.SetAction(parsed =>
{
    var into = parsed.GetValue(folder)!.FullName;
    foreach (var (network, samples) in new[] { (Networks.Vgg16Narrow(), 3), (Networks.ResnetSmall(), 4), (Networks.Mlp(), 4) })
    {
        network.Write(Path.Combine(into, $"{network.Name}.onnx"));
        Samples.Write(network, into, samples);
    }
});

var output = new Option<FileInfo>("--out")
{
    Description = "The model's file; its data go beside it.",
    DefaultValueFactory = _ => new FileInfo("testmodels/vgg16.onnx"),
};
var vgg16 = new Command("vgg16", "Writes VGG16 at its full size, 553 MB, with random weights and one sample.") { output };
vgg16.SetAction(parsed =>
{
    var file = parsed.GetValue(output)!;
    var network = Networks.Vgg16();
    network.Write(file.FullName);
    Samples.Write(network, file.DirectoryName!, 1);
});

return new RootCommand("Writes the models that tests and measurements run on. The same bytes come out every time.") { small, vgg16 }
    .Parse(args)
    .Invoke();
