using System.CommandLine;
using OnnxCurvature.Benchmarks;
using OnnxCurvature.Files;

var models = new Option<DirectoryInfo>("--models")
{
    Description = "Where the models are made, once.",
    DefaultValueFactory = _ => new DirectoryInfo("artifacts/benchmarks"),
};
var small = new Option<bool>("--small") { Description = "Small models and few repetitions: to see that all works, not to measure." };

var output = new Option<FileInfo>("--out")
{
    Description = "The file of the table.",
    DefaultValueFactory = _ => new FileInfo("tests/OnnxCurvature.Benchmarks/RESULTS.md"),
};
var rounds = new Option<int>("--rounds") { Description = "How often each contender is measured, in turns.", DefaultValueFactory = _ => 5 };
var only = new Option<string[]>("--only")
{
    Description = "Cases by the beginning of their names.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [],
};
var noPeer = new Option<bool>("--no-peer") { Description = "Leave the peer out." };
var published = new Option<FileInfo>("--published")
{
    Description = "The tool as a native program; it takes part in the cases of whole processes.",
};
var table = new Command("table", "Measures all cases, and the peer in turns with them, and writes a table.")
{
    models,
    small,
    output,
    rounds,
    only,
    noPeer,
    published,
};
table.SetAction(parsed =>
    new Table(
        new Workspace(parsed.GetValue(models)!.FullName, !parsed.GetValue(noPeer), parsed.GetValue(published)?.FullName),
        parsed.GetValue(small),
        parsed.GetValue(rounds),
        parsed.GetValue(only)!,
        Console.Error
    ).Write(parsed.GetValue(output)!.FullName)
);

var bounds = new FileInfo("tests/OnnxCurvature.Benchmarks/RESULTS-memory.md");
var report = new Option<FileInfo>("--out") { Description = "The file of the table.", DefaultValueFactory = _ => bounds };
var memoryTable = new Command("memory", "Runs the networks of the suite under three bounds on memory, and writes what they held.")
{
    models,
    report,
    only,
    published,
};
memoryTable.SetAction(parsed =>
    new MemoryTable(
        new Workspace(parsed.GetValue(models)!.FullName, withPeer: false, parsed.GetValue(published)?.FullName),
        parsed.GetValue(only)!,
        Console.Error
    ).Write(parsed.GetValue(report)!.FullName)
);

var work = new Argument<string>("WORK");
var model = new Argument<string>("MODEL");
var image = new Option<string>("--image") { Required = true };
var labels = new Option<string>("--labels") { Required = true };
var weight = new Option<string>("--kernel") { DefaultValueFactory = _ => "conv4_3.weight" };
var memory = new Option<long>("--memory") { DefaultValueFactory = _ => 1L << 30 };
var warmUp = new Option<int>("--warm-up") { DefaultValueFactory = _ => 1 };
var repeats = new Option<int>("--repeats") { DefaultValueFactory = _ => 1 };
var measure = new Command("measure", "Does one measurement in this process and prints it.")
{
    work,
    model,
    image,
    labels,
    weight,
    memory,
    warmUp,
    repeats,
};
measure.SetAction(parsed =>
{
    var data = new Dictionary<string, NpyArray>
    {
        ["image"] = NpyReader.Read(parsed.GetValue(image)!),
        ["labels"] = NpyReader.Read(parsed.GetValue(labels)!),
    };
    Console.WriteLine(
        Worker
            .Repeat(
                parsed.GetValue(work)!,
                parsed.GetValue(model)!,
                data,
                parsed.GetValue(weight)!,
                parsed.GetValue(memory),
                parsed.GetValue(warmUp),
                parsed.GetValue(repeats)
            )
            .Write()
    );
});

var augmented = new Argument<string>("OUT");
var augment = new Command("augment", "Augments a model once and prints the measurement.") { model, augmented, weight };
augment.SetAction(parsed =>
    Console.WriteLine(Worker.Augment(parsed.GetValue(model)!, parsed.GetValue(weight)!, parsed.GetValue(augmented)!).Write())
);

var warm = new Command("warm", "Measures the warm cases with BenchmarkDotNet.") { models };
warm.SetAction(parsed => WarmBenchmarks.Run(parsed.GetValue(models)!.FullName));

return new RootCommand("Measures OnnxCurvature, and PyTorch beside it.") { table, memoryTable, warm, measure, augment }
    .Parse(args)
    .Invoke();
