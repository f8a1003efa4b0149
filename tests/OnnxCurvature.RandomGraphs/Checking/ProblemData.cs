using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.RandomGraphs.Generation;
using OnnxCurvature.RandomGraphs.Oracle;

namespace OnnxCurvature.RandomGraphs.Checking;

/// <summary>A problem's data as arrays, by the names of the inputs.</summary>
internal sealed class ProblemData
{
    /// <summary>The name of the file of class weights.</summary>
    public const string ClassWeights = "class_weights";

    private readonly Dictionary<string, NpyArray> _arrays = new(StringComparer.Ordinal);
    private readonly (string Name, NpyArray Array) _direction;
    private readonly (string Name, NpyArray Array) _cotangent;

    private ProblemData(Problem problem, Expectation expectation)
    {
        var element = problem.Graph.Bits switch
        {
            64 => ElementType.Float64,
            16 => ElementType.Float16,
            _ => ElementType.Float32,
        };
        foreach (var input in problem.Graph.Inputs)
            _arrays[input.Name] = input.Floats is { } floats
                ? NpyArray.Of(element, Long(input.Shape), floats)
                : Integers(Long(input.Shape), input.Integers!);
        if (problem.Loss == LossKind.CrossEntropy)
            _arrays["labels"] = problem.Rules is { Soft: { IsEmpty: false } soft }
                ? NpyArray.Of(element, Long(problem.Z.Shape), [.. soft])
                : Integers(Long(problem.LabelShape), [.. problem.Labels]);
        if (problem.Rules is { Weights: { IsEmpty: false } weights })
            Weights = NpyArray.Of(ElementType.Float64, [weights.Length], [.. weights]);
        if (!problem.Wanted.IsEmpty)
            _arrays["target"] = NpyArray.Of(element, Long(problem.Z.Shape), [.. problem.Wanted]);
        _direction = (problem.TargetName + ".direction", NpyArray.Of(element, Long(expectation.TargetShape), expectation.Direction));
        _cotangent = (problem.TargetName + ".cotangent", NpyArray.Of(element, Long(problem.Z.Shape), expectation.Cotangent));
    }

    public static ProblemData Of(Problem problem, Expectation expectation) => new(problem, expectation);

    /// <summary>The data that some quantities need.</summary>
    public Dictionary<string, NpyArray> For(IReadOnlyCollection<Quantity> quantities)
    {
        var data = new Dictionary<string, NpyArray>(_arrays, StringComparer.Ordinal);
        if (quantities.Contains(Quantity.Hvp) || quantities.Contains(Quantity.Jvp))
            data[_direction.Name] = _direction.Array;
        if (quantities.Contains(Quantity.Vjp))
            data[_cotangent.Name] = _cotangent.Array;
        return data;
    }

    /// <summary>The class weights, where there are any.</summary>
    public NpyArray? Weights { get; }

    private static long[] Long(int[] shape) => Array.ConvertAll(shape, size => (long)size);

    private static NpyArray Integers(long[] shape, long[] values) =>
        NpyArray.Of(ElementType.Int64, shape, Array.ConvertAll(values, value => (double)value));
}
