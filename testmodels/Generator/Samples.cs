using System.Globalization;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;

namespace OnnxCurvature.TestModels;

/// <summary>Data to run a network on.</summary>
internal static class Samples
{
    /// <summary>
    /// Writes <c>NETWORK.INPUT.npy</c>, standard normal as images are once their mean and deviation are taken out, and
    /// <c>NETWORK.labels.npy</c>.
    /// </summary>
    public static void Write(Network network, string folder, int count)
    {
        var classes = (int)network.Output.Type.Shape[1].Known!.Value;
        var suffix = network.Sampling == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/{network.Sampling}");
        var input = new SeededConstant($"{network.Name}/{network.Input.Name}{suffix}", [count, .. network.Sample], 0, 1);
        NpyWriter.Write(
            Path.Combine(folder, $"{network.Name}.{network.Input.Name}.npy"),
            NpyArray.Of(ElementType.Float32, [count, .. network.Sample], input.Read().Floats)
        );
        var labels = SeededConstant.Generator($"{network.Name}/labels").NextInt32Sequence(0, classes).Take(count);
        NpyWriter.Write(
            Path.Combine(folder, $"{network.Name}.labels.npy"),
            NpyArray.Of(ElementType.Int64, [count], [.. labels.Select(label => (double)label)])
        );
    }
}
