using System.Text.Json;

namespace OnnxCurvature.Benchmarks;

/// <summary>The share of convolutions and matrix products in the time of all kernels, in a profile of ONNX Runtime.</summary>
internal static class KernelShare
{
    private static readonly string[] Products = ["Conv", "MatMul", "Gemm", "Attention", "LSTM", "GRU"];

    /// <summary>Nodes whose time is that of the nodes in their bodies.</summary>
    private static readonly string[] Bodies = ["Scan", "Loop", "If"];

    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    /// <summary>The share, from 0 to 1, in a file that <c>run --profile</c> wrote.</summary>
    public static double Of(string path)
    {
        using var file = File.OpenRead(path);
        var (all, products) = (0.0, 0.0);
        foreach (var traced in JsonSerializer.DeserializeAsyncEnumerable<Event>(file, Names).ToBlockingEnumerable())
        {
            if (traced is not { Cat: "Node", Args.OpName: { } op, Name: { } name })
                continue;
            if (Bodies.Contains(op) || !name.EndsWith("_kernel_time", StringComparison.Ordinal))
                continue;
            all += traced.Dur;
            if (Products.Any(product => op.Contains(product, StringComparison.Ordinal)))
                products += traced.Dur;
        }
        return products / all;
    }

    /// <param name="Cat">The category.</param>
    /// <param name="Name">The name of a node, with what is measured.</param>
    /// <param name="Dur">Microseconds.</param>
    /// <param name="Args">What else is known of it.</param>
    private sealed record Event(string? Cat, string? Name, double Dur, Arguments? Args);

    /// <param name="OpName">The operator.</param>
    private sealed record Arguments([property: System.Text.Json.Serialization.JsonPropertyName("op_name")] string? OpName);
}
