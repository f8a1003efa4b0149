using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf;
using OnnxCurvature.Analysis.Spectra;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;
using OnnxCurvature.Tests.Analysis;
using OnnxCurvature.Tests.EndToEnd;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Bounds;

/// <summary>Runs whose process comes to the bound on memory, as a measurement that tests put in place of the real one says.</summary>
[Trait("Category", "Slow")]
public sealed partial class StoppedRunTests : IDisposable
{
    private const long Bound = 500L << 20;

    private readonly TemporaryFolder _folder = new();

    public StoppedRunTests() => File.WriteAllBytes(_folder.File("model.onnx"), MemoryBoundTests.Chain().ToByteArray());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_run_that_comes_to_its_bound_gives_the_bits_of_one_with_smaller_chunks_and_says_so()
    {
        var measurements = 0;
        var stopped = Run(Bound, () => Interlocked.Increment(ref measurements) <= 2 ? long.MaxValue / 2 : 0);
        var note = Assert.Single(stopped.Notes, note => Note().IsMatch(note));
        var smaller = long.Parse(Note().Match(note).Groups[1].Value, CultureInfo.InvariantCulture) << 20;
        Assert.True(smaller < Bound);
        var direct = Run(smaller, () => 0);
        Assert.Equal(Bits(direct), Bits(stopped));
        Assert.NotEqual(Bits(Run(Bound, () => 0)), Bits(stopped));
        // Nobody asked for an error, which would say how many probes it took.
        Assert.Null(stopped.Probes);
    }

    [Fact]
    public void A_run_that_comes_to_its_bound_with_the_smallest_chunks_is_refused()
    {
        var error = Assert.Throws<UserErrorException>(() => Run(Bound, () => long.MaxValue / 2));
        Assert.Equal(
            "The run was stopped, because its process came to the limit of 500 MiB with the smallest chunks; "
                + "give a smaller --batch-size, or allow more with --memory.",
            error.Message
        );
    }

    [Theory, InlineData(1), InlineData(int.MaxValue)]
    public void Repeated_runs_that_come_to_the_bound_are_made_again_once_and_refused_where_that_takes_as_much(int exceeding)
    {
        var measurements = 0;
        var free = Spectrum(() => 0);
        // A measurement that is high twice, before and after memory is given back, stops a run.
        var error = Record.Exception(() =>
            Assert.Equal(
                free.Parts[0].Trace,
                Spectrum(() => Interlocked.Increment(ref measurements) <= 2.0 * exceeding ? long.MaxValue / 2 : 0).Parts[0].Trace
            )
        );
        if (exceeding == 1)
            Assert.Null(error);
        else
            Assert.Equal(
                "The run was stopped, because its process came to the limit of 500 MiB; give a smaller --batch-size, or allow more with "
                    + "--memory.",
                Assert.IsType<UserErrorException>(error).Message
            );
    }

    private SpectrumResult Spectrum(Func<long> held)
    {
        using var tool = Softmax.Prepared();
        return CurvatureAnalyzer.Spectrum(
            tool["linear.onnx"],
            new CurvatureRequest { WithRespectTo = [], Loss = LossRequest.Parse("cross-entropy") },
            Softmax.Data().ToDictionary(entry => entry.Key, entry => DataSource.Of(entry.Value)),
            new CurvatureRunOptions
            {
                MemoryBytes = Bound,
                Faults = new PlantedFaults { HeldBytes = held },
            },
            new SpectrumOptions { Steps = 3, Starts = 2 },
            null,
            TestContext.Current.CancellationToken
        );
    }

    private CurvatureResult Run(long bound, Func<long> held)
    {
        var request = new CurvatureRequest
        {
            WithRespectTo = ["w0"],
            Loss = LossRequest.Parse("cross-entropy"),
            Quantities = [Quantity.HessianDiagonal],
        };
        var options = new CurvatureRunOptions
        {
            MemoryBytes = bound,
            Check = false,
            Faults = new PlantedFaults { HeldBytes = held },
        };
        var data = new Dictionary<string, NpyArray>(StringComparer.Ordinal)
        {
            ["x"] = MemoryBoundTests.Image(),
            ["labels"] = NpyArray.Of(ElementType.Int64, [1], [7]),
        };
        return CurvatureEngine.Prepare(_folder.File("model.onnx"), request, data, options).Run(null, CancellationToken.None);
    }

    private static ImmutableArray<long> Bits(CurvatureResult result) =>
        [.. result.Tensors.Single().Values.Select(BitConverter.DoubleToInt64Bits)];

    [GeneratedRegex("^The process came to the limit of 500 MiB, so the run was made again with chunks as for --memory ([0-9]+)M[.]$")]
    private static partial Regex Note();
}
