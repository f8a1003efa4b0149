using System.Collections.Immutable;
using MathNet.Numerics.LinearAlgebra;
using OnnxCurvature.Files;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Runtime.Results;
using OnnxCurvature.Runtime.Runs;

namespace OnnxCurvature.Tests.References;

/// <summary>One weight of one model, data, a loss, and where its derivatives are that PyTorch computed in float64.</summary>
/// <param name="ModelPath">The model.</param>
/// <param name="Weight">The initializer's name.</param>
/// <param name="Loss">The loss.</param>
/// <param name="DataPaths">The file of each input and of the loss's target.</param>
/// <param name="LossValue">The loss.</param>
/// <param name="Derivatives">The file of each derivative.</param>
/// <param name="Layout">How the model holds the weight: <c>same</c>; a matrix <c>transposed</c>; or that of an LSTM with its gates in
/// ONNX's order and an axis of directions before them.</param>
public sealed record ReferenceCase(
    string ModelPath,
    string Weight,
    LossRequest Loss,
    ImmutableDictionary<string, string> DataPaths,
    double LossValue,
    ImmutableDictionary<Quantity, string> Derivatives,
    string Layout
)
{
    /// <summary>All that can be computed.</summary>
    public static ImmutableArray<Quantity> Quantities => [Quantity.Loss, Quantity.Gradient, Quantity.HessianDiagonal, Quantity.GgnDiagonal];

    /// <summary>The model's file name.</summary>
    public string Model => Path.GetFileName(ModelPath);

    /// <summary>The request for the derivatives.</summary>
    public CurvatureRequest Request =>
        new()
        {
            WithRespectTo = [Weight],
            Loss = Loss,
            Quantities = Quantities,
        };

    /// <summary>The numbers of samples in a batch that the model takes; null leaves it to the engine.</summary>
    public ImmutableArray<int?> BatchSizes => OnnxModel.Load(ModelPath).Graph.Inputs[0].Type.Shape[0].Known is null ? [null, 1, 3] : [null];

    /// <summary>How far a result in float32 may be from the reference, in norms.</summary>
    public static double Tolerance(Quantity quantity) => quantity is Quantity.Loss or Quantity.Gradient ? 1e-5 : 1e-4;

    /// <summary>The data.</summary>
    internal Dictionary<string, NpyArray> Data() => DataPaths.ToDictionary(entry => entry.Key, entry => NpyReader.Read(entry.Value));

    /// <summary>Computes all quantities.</summary>
    public CurvatureResult Run(CurvatureRequest? request = null, CurvatureRunOptions? options = null) =>
        CurvatureEngine
            .Prepare(ModelPath, request ?? Request, Data(), options ?? new CurvatureRunOptions())
            .Run(null, CancellationToken.None);

    /// <summary>The reference of a quantity, in the layout of the model.</summary>
    public double[] Reference(Quantity quantity)
    {
        if (quantity == Quantity.Loss)
            return [LossValue];
        var array = NpyReader.Read(Derivatives[quantity]);
        var values = array.ToDoubles();
        return Layout switch
        {
            "same" => values,
            "transposed" => Matrix<double>
                .Build.DenseOfRowMajor((int)array.Shape[0], (int)array.Shape[1], values)
                .Transpose()
                .ToRowMajorArray(),
            "lstm iofc, leading 1" =>
            [
                .. ((int[])[0, 3, 1, 2]).SelectMany(gate => values.Skip(gate * values.Length / 4).Take(values.Length / 4)),
            ],
            var other => throw new InvalidDataException($"The manifest names the layout '{other}'."),
        };
    }

    /// <summary>‖computed − reference‖ / ‖reference‖.</summary>
    public static double Error(double[] computed, double[] reference)
    {
        var expected = Vector<double>.Build.Dense(reference);
        return (Vector<double>.Build.Dense(computed) - expected).L2Norm() / expected.L2Norm();
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Model} {Weight}";
}
