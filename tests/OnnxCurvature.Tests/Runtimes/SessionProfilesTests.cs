using System.Text.Json;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>Profiles of sessions that run often.</summary>
public sealed class SessionProfilesTests
{
    [Fact]
    public void A_session_is_recorded_until_it_has_computed_enough_nodes()
    {
        const int Nodes = 500;
        const int Most = (int)SessionProfiles.MostNodes / Nodes;
        using var folder = new TemporaryFolder();
        using var profiles = new SessionProfiles();
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Scalar));
        var y = Enumerable.Range(0, Nodes).Aggregate(x, (value, _) => Catalogue.Get<Tanh>().Apply(b, [value]).Output);
        var settings = new OrtSettings(".", ExecutionProvider.Cpu, 1) { Profiles = profiles };
        using (var session = new OrtProgram(Ir.Program.Create([x], [new NamedValue("y", y)]), settings))
        using (var input = new SparseTensor(ElementType.Float32, [], [(0, 1)]))
            for (var run = 0; run < Most + 20; run++)
                foreach (var output in session.Run([input.Value], _ => true, CancellationToken.None))
                    output.Dispose();

        profiles.Write(folder.File("trace.json"));

        using var trace = JsonDocument.Parse(File.ReadAllBytes(folder.File("trace.json")));
        var recorded = trace.RootElement.EnumerateArray().Count(one => one.TryGetProperty("cat", out var kind) && kind.ValueEquals("Node"));
        Assert.Equal(Most * Nodes, recorded);
    }
}
