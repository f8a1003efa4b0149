using System.Text.Json;

namespace OnnxCurvature.Tests.Runtimes;

/// <summary>The outputs of a file that another engine ran, as the programs around engines print them: {"name": {"data": […]}}.</summary>
internal static class EngineOutputs
{
    /// <summary>The elements of each output by its name.</summary>
    public static Dictionary<string, double[]> Read(JsonElement outputs) =>
        outputs
            .EnumerateObject()
            .ToDictionary(
                output => output.Name,
                output => output.Value.GetProperty("data").EnumerateArray().Select(number => number.GetDouble()).ToArray()
            );

    /// <summary>The elements of each output of a JSON text.</summary>
    public static Dictionary<string, double[]> Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Read(document.RootElement);
    }
}
