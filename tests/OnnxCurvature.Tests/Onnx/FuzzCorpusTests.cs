using OnnxCurvature.Fuzz;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>Replays the inputs that fuzzing found: each is taken or refused, and none fails, hangs or takes all memory.</summary>
public sealed class FuzzCorpusTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    public static TheoryData<string> Inputs =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Corpus"))
                .Select(path => Path.GetFileName(path))
                .Order(StringComparer.Ordinal),
        ];

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task An_input_is_taken_or_refused(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Corpus", name);
        foreach (var target in FuzzTargets.All.Where(target => target.IsQuick && name.EndsWith(target.Extension, StringComparison.Ordinal)))
            Assert.Null(
                await Task.Run(() => target.Fault(path), TestContext.Current.CancellationToken)
                    .WaitAsync(Longest, TestContext.Current.CancellationToken)
            );
    }
}
