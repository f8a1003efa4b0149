using System.Text.RegularExpressions;
using OnnxCurvature.Cli;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Tests.Architecture;
using OnnxCurvature.Tests.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Docs;

/// <summary>README and the pages of <c>src/docs</c>: their commands run, their links lead somewhere, their code compiles.</summary>
[Trait("Category", "Slow")]
public sealed partial class DocsTests
{
    private static readonly string[] Starts = ["onnx-curvature ", "dotnet run --project src/OnnxCurvature.Cli -c Release -- "];

    public static TheoryData<string> Pages =>
        [
            "README.md",
            "src/README.md",
            ".github/CONTRIBUTING.md",
            .. Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "src", "docs"), "*.md")
                .Order(StringComparer.Ordinal)
                .Select(path => $"src/docs/{Path.GetFileName(path)}"),
        ];

    public static TheoryData<string, string> Commands =>
        [
            .. from page in Pages
            from line in File.ReadLines(Path.Combine(Repository.Root, page.Data))
            where line.StartsWith("    ", StringComparison.Ordinal)
            from start in Starts
            where line.Trim().StartsWith(start, StringComparison.Ordinal)
            select new TheoryDataRow<string, string>(page.Data, line.Trim()[start.Length..]),
        ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_command_that_a_page_shows_is_taken(string page, string command)
    {
        using var folder = new TemporaryFolder();
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim('\'')).ToArray();
        var at = Array.IndexOf(words, "-o");
        if (at >= 0)
            words[at + 1] = folder.File(words[at + 1]);
        // A command on a model of the repository runs as it is; any other one is parsed, and handed to a service that computes nothing.
        var isReal = command.Contains(" testmodels/", StringComparison.Ordinal);
        if (!isReal)
            words =
            [
                .. words.Select(word =>
                    ModelFolder().IsMatch(word)
                        ? word
                        : DataFile().Replace(word, found => SmallArray(folder.File(found.Groups[1].Value), found.Groups[2].Value))
                ),
            ];
        string[] rooted = [.. words.Select(word => ModelFolder().Replace(word, Path.Combine(Repository.Root, "testmodels") + "/"))];
        var run = ToolRun.Of(isReal ? new CurvatureService() : new FakeService(), rooted);
        Assert.True(run.Code == ExitCodes.Success, $"{page}: {run}");
        Assert.True(!isReal || at < 0 || Path.Exists(words[at + 1]), $"{page} says that {words[at + 1]} is written.");
    }

    [Fact]
    public void The_output_that_the_readme_shows_is_printed_by_its_command()
    {
        using var folder = new TemporaryFolder();
        var readme = File.ReadAllLines(Path.Combine(Repository.Root, "README.md"));
        var shown = readme
            .SkipWhile(line => line != "    Result")
            .TakeWhile(line => line.Length == 0 || line.StartsWith("    ", StringComparison.Ordinal));
        var command = readme.Single(line => line.StartsWith("    onnx-curvature run ", StringComparison.Ordinal)).Trim().Split(' ');
        command[Array.IndexOf(command, "-o") + 1] = folder.File("vgg16_narrow.npz");
        var run = ToolRun.Of(
            new CurvatureService(),
            [.. command[1..].Select(word => ModelFolder().Replace(word, Path.Combine(Repository.Root, "testmodels") + "/"))]
        );
        var printed = run.Output.Split('\n').Select(WithoutMeasured).ToHashSet(StringComparer.Ordinal);
        Assert.All(shown.Where(line => line.Length > 0), line => Assert.Contains(WithoutMeasured(line[4..]), printed), throwIfEmpty: true);
    }

    /// <summary>A line of output without what varies from run to run, and with four digits of each number.</summary>
    private static string WithoutMeasured(string line) =>
        Number()
            .Replace(
                Measured().Replace(line, "$1"),
                number => Figure(double.Parse(number.Value, System.Globalization.CultureInfo.InvariantCulture))
            );

    [Theory]
    [MemberData(nameof(Pages))]
    public void A_link_of_a_page_leads_to_a_file(string page)
    {
        var path = Path.Combine(Repository.Root, page);
        foreach (Match link in Link().Matches(File.ReadAllText(path)))
        {
            var target = link.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal))
                continue;
            var file = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{page} links to {target}, which is not there.");
        }
    }

    [Fact]
    public void Every_page_is_linked_from_the_readme()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "docs"), "*.md"),
            file => Assert.Contains($"(src/docs/{Path.GetFileName(file)})", readme, StringComparison.Ordinal),
            throwIfEmpty: true
        );
    }

    [Fact]
    public void The_code_of_the_library_page_is_compiled_and_runs()
    {
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests", "OnnxCurvature.Tests", "Docs", "LibrarySample.cs"));
        var compiled = Sample().Matches(source).SelectMany(part => Lines(part.Groups[1].Value)).ToArray();
        var page = File.ReadAllText(Path.Combine(Repository.Root, "src", "docs", "library.md"));
        var shown = Lines(string.Join('\n', page.Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal)))).ToArray();
        Assert.Equal([.. compiled.Select(line => WithoutFolder().Replace(line, "$1"))], shown);
        var (reason, result) = LibrarySample.Run(Path.Combine(Repository.Root, "testmodels"));
        Assert.NotEmpty(reason);
        Assert.Equal(3, result.Samples);
    }

    [Fact]
    public async Task The_samples_of_the_library_page_run()
    {
        var folder = Path.Combine(Repository.Root, "testmodels");
        using var model = CurvatureModel.Load(Path.Combine(folder, "vgg16_narrow.onnx"));
        var data = new Dictionary<string, CurvatureArray>
        {
            ["image"] = CurvatureArray.FromFile(Path.Combine(folder, "vgg16_narrow.image.npy")),
            ["labels"] = CurvatureArray.FromFile(Path.Combine(folder, "vgg16_narrow.labels.npy")),
        };
        using var dense = CurvatureModel.Load(Path.Combine(folder, "mlp.onnx"));
        var features = new Dictionary<string, CurvatureArray>
        {
            ["features"] = CurvatureArray.FromFile(Path.Combine(folder, "mlp.features.npy")),
            ["labels"] = CurvatureArray.FromFile(Path.Combine(folder, "mlp.labels.npy")),
        };
        PageBlock.Match(
            "library.md",
            "fisher",
            LibrarySample.Fisher(dense, features).Select(layer => $"{layer.Key}  {Figure(layer.Value.Sum(entry => (double)entry))}")
        );
        PageBlock.Match("library.md", "sharpest", LibrarySample.Sharpest(dense, features));
        Assert.All(LibrarySample.Fisher(model, data).Values, fisher => Assert.Contains(fisher, entry => entry > 0), throwIfEmpty: true);
        LibrarySample.No_layer_is_sharp(model, data);
        Assert.Equal(model.Weights.Length, LibrarySample.Sharpest(model, data).Count());
        using var run = model.Plan(
            new CurvatureRequest
            {
                WithRespectTo = ["fc8.weight"],
                Loss = LossRequest.Parse("cross-entropy"),
                Quantities = [Quantity.Loss, Quantity.Gradient],
            },
            data,
            cancellation: TestContext.Current.CancellationToken
        );
        var losses = await LibrarySample.Losses(run, new[] { data, data }.ToAsyncEnumerable());
        Assert.Equal([losses[0], losses[0]], losses);
        using var gradients = new LibrarySample.InputGradients(model);
        float[] pixels = [.. Enumerable.Range(0, 3 * 32 * 32).Select(index => (float)Math.Sin(index))];
        var gradient = await gradients.Of(pixels, TestContext.Current.CancellationToken);
        Assert.Equal(pixels.Length, gradient.Length);
        var (at, largest) = gradient.Index().MaxBy(entry => Math.Abs(entry.Item));
        PageBlock.Match(
            "library.md",
            "gradients",
            [$"largest slope {Figure(largest)}, of channel {at / 1024}, row {at / 32 % 32}, column {at % 32}"]
        );
        PageBlock.Match("library.md", "losses", losses.Select(Figure));
        var sharp = model.Run(
            new CurvatureRequest { WithRespectTo = ["fc*.weight"], Loss = LossRequest.Parse("cross-entropy") },
            data,
            cancellation: TestContext.Current.CancellationToken
        );
        PageBlock.Match(
            "library.md",
            "sharp",
            model
                .Weights.Where(name =>
                    name.StartsWith("fc", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal)
                )
                .Select(name => $"{name}  largest entry {Figure(sharp[name].HessianDiagonal.Values.Max())}")
        );
    }

    /// <summary>Four digits: further ones may differ from machine to machine.</summary>
    private static string Figure(double value) => value.ToString("G4", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Makes a file of a name, or that a pattern or an array of an archive names, and gives what the command names.</summary>
    private static string SmallArray(string path, string member)
    {
        var (file, array) = (path.Replace('*', '1'), NpyArray.Of(ElementType.UInt8, [1, 3, 1, 1], [1, 2, 3]));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        if (member.Length == 0)
            NpyWriter.Write(file, array);
        else
        {
            using var stream = File.Create(file);
            using var archive = new NpzWriter(stream);
            archive.Add(member[1..], array);
        }
        return $"={path}{member}";
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0);

    [GeneratedRegex(@"(\b(load|plan|run|check|peak memory)|checked:) [^,]+")]
    private static partial Regex Measured();

    [GeneratedRegex(@"\d+\.\d+")]
    private static partial Regex Number();

    [GeneratedRegex("testmodels/")]
    private static partial Regex ModelFolder();

    [GeneratedRegex(@"=([\w./*-]+\.np[yz])(:\w+)?$")]
    private static partial Regex DataFile();

    [GeneratedRegex(@"\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"// sample\r?\n(.*?)// end", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"In\((""[^""]+"")\)")]
    private static partial Regex WithoutFolder();
}
