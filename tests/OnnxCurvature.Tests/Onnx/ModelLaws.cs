using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops.Elementwise;
using OnnxCurvature.Ops.Reduction;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Tests.Files;
using OnnxCurvature.Tests.Laws;
using OnnxCurvature.Transforms;
using Xunit;

namespace OnnxCurvature.Tests.Onnx;

/// <summary>The laws of values and derivatives, for whole models.</summary>
internal sealed class ModelLaws
{
    private readonly Random _random = new(11);
    private readonly string _path;
    private readonly Dictionary<Value, Ir.Tensor> _values = [];
    private readonly Value[] _with;

    /// <summary>
    /// Loads a model. Symbolic dimensions N have the size 2; others stay symbols and are fed with <paramref name="sizes"/>. Inputs that are
    /// not given are random.
    /// </summary>
    public ModelLaws(
        ModelProto model,
        TemporaryFolder folder,
        string[] with,
        Dictionary<string, Ir.Tensor>? inputs = null,
        Dictionary<string, long>? sizes = null
    )
    {
        _path = model.Save(folder);
        var symbolic = model.Graph.Input.Any(input => input.Type.TensorType.Shape.Dim.Any(dim => dim.DimParam == "N"));
        Model = OnnxModel.Load(_path, symbolic ? new LoadOptions { Dims = new Dictionary<string, long> { ["N"] = 2 } } : null);
        ProgramVerifier.Verify(Model.Program);
        foreach (var input in Model.Inputs)
            _values[input] =
                inputs?.GetValueOrDefault(input.Name!) ?? Random([.. input.Type.Shape.Select(dim => dim.Known ?? sizes![dim.ToString()])]);
        _with = [.. with.Select(name => Model.Values[name])];
    }

    /// <summary>The model.</summary>
    public OnnxModel Model { get; }

    /// <summary>Checks that what was loaded computes what ONNX Runtime says of the file, and its first and second derivatives.</summary>
    public void Check()
    {
        CheckValues();
        var b = Model.Builder;
        Value? sum = null;
        foreach (var output in Model.Outputs.Where(output => output.Value.Type.Element.IsFloat()))
        {
            var weights = b.Parameter(output.Value.Type);
            _values[weights] = Random([.. Evaluate([output.Value])[0].Shape]);
            var part = ReduceSum.All(b, Mul.Of(b, weights, Mul.Of(b, output.Value, output.Value)));
            sum = sum is null ? part : Add.Of(b, sum, part);
        }
        var loss = sum!;
        var gradients = b.Gradient(loss, _with);
        var directions = _with.Select(value => Random(ShapeOf(value))).ToArray();
        Laws.Close.Check(
            Ir.Tensor.Scalar(ElementType.Float64, Slope(directions, () => Evaluate([loss]))[0].Floats[0]),
            Ir.Tensor.Scalar(ElementType.Float64, Laws.Close.Inner(Evaluate(gradients), directions)),
            1e-7,
            "slope of the loss"
        );
        var products = new List<Value?>();
        for (var index = 0; index < _with.Length; index++)
        {
            var second = b.Linearize(_with, [gradients[index]!]);
            foreach (var (tangent, direction) in second.Inputs.Zip(directions))
                _values[tangent] = direction;
            products.Add(second.Outputs[0]);
            var expected = Slope(directions, () => Evaluate([gradients[index]]))[0];
            var actual = second.Outputs[0] is { } product
                ? Evaluate([product])[0]
                : Ir.Tensor.Filled(ElementType.Float64, expected.Shape.AsSpan(), 0);
            Laws.Close.Check(expected, actual, 1e-6, $"Hessian product at '{_with[index].Name}'");
        }
        CheckDirections(loss);
        Value[] outputs = [.. gradients.Concat(products).Where(value => value is not null)!];
        var program = new OnnxCurvature.Passes.Simplifier().Run(
            b.Build(
                _values.Keys.Where(value => value.Constant is null),
                outputs.Select((value, index) => new NamedValue($"output{index}", value))
            )
        );
        ProgramVerifier.Verify(program);
        var inOrt = RuntimeProgram.Run(program, Math.Max(18, OnnxWriter.MinimumOpset(program)), _values)!;
        foreach (var (expected, actual) in Evaluate(outputs).Zip(inOrt))
            Laws.Close.Check(expected, actual, 1e-4, "derivatives in ONNX Runtime");
    }

    /// <summary>Checks that what was loaded computes what ONNX Runtime says of the file.</summary>
    public void CheckValues()
    {
        var written = OnnxWriter.Serialize(Model.Program, Path.GetTempPath(), new WriteOptions { Weights = WeightPlacement.Embed });
        var copy = Path.ChangeExtension(_path, "copy.onnx");
        File.WriteAllBytes(copy, written);
        var feeds = Model.Inputs.ToDictionary(
            input => input.Name!,
            input => RuntimeProgram.Feed(_values[input].CastTo(input.Type.Element))
        );
        foreach (var (expected, actual) in OrtRun.Run(_path, feeds).Zip(OrtRun.Run(copy, feeds)))
            Laws.Close.Check(RuntimeProgram.Read(expected), RuntimeProgram.Read(actual), 1e-6, "an output");
    }

    /// <summary>Gradients for two directions of one of the values equal those for each by itself.</summary>
    private void CheckDirections(Value loss)
    {
        var (b, at) = (Model.Builder, _with[0]);
        var linear = b.Linearize([at], [loss]);
        var directions = Enumerable.Range(0, 2).Select(_ => Random(ShapeOf(at))).ToArray();
        var stacked = b.Parameter(at.Type with { Shape = at.Type.Shape.Prepend(2) });
        _values[stacked] = Laws.Close.Stack(directions);
        var batched = b.Batch([linear.Outputs[0]!], new Dictionary<Value, Value> { [linear.Inputs[0]] = stacked }, 2)[0];
        var single = directions
            .Select(direction =>
            {
                _values[linear.Inputs[0]] = direction;
                return Evaluate([linear.Outputs[0]])[0];
            })
            .ToArray();
        Laws.Close.Check(Laws.Close.Stack(single), Evaluate([batched])[0], 1e-12, "directions");
    }

    private long[] ShapeOf(Value value) => _values.TryGetValue(value, out var tensor) ? [.. tensor.Shape] : value.Type.Shape.Sizes;

    private Ir.Tensor Random(long[] shape) =>
        Ir.Tensor.Of(shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => 2 * _random.NextDouble() - 1)]);

    private Ir.Tensor[] Evaluate(IReadOnlyList<Value?> outputs)
    {
        var values = new Dictionary<Value, Ir.Tensor>(_values);
        Interpreter.Run(GraphWalk.Ancestors(outputs!), values);
        return [.. outputs.Select(output => Interpreter.Read(output!, values))];
    }

    /// <summary>
    /// The derivative of a function along directions of what derivatives are taken with respect to, by differences of sixth order.
    /// </summary>
    private Ir.Tensor[] Slope(Ir.Tensor[] directions, Func<Ir.Tensor[]> function)
    {
        const double Step = 2e-3;
        var kept = _with.Select(value => _values.TryGetValue(value, out var tensor) ? tensor : value.Constant!.Read()).ToArray();
        var points = new[] { -3, -2, -1, 1, 2, 3 }
            .Select(multiple =>
            {
                for (var index = 0; index < _with.Length; index++)
                    _values[_with[index]] = Ir.Tensor.Of(
                        kept[index].Shape.AsSpan(),
                        [.. kept[index].Floats.Select((element, i) => element + multiple * Step * directions[index].Floats[i])]
                    );
                return function();
            })
            .ToArray();
        for (var index = 0; index < _with.Length; index++)
            _values[_with[index]] = kept[index];
        return
        [
            .. points[0]
                .Select(
                    (tensor, output) =>
                        Ir.Tensor.Of(
                            tensor.Shape.AsSpan(),
                            [
                                .. Enumerable
                                    .Range(0, tensor.Count)
                                    .Select(i =>
                                        (
                                            points[5][output].At(i)
                                            - points[0][output].At(i)
                                            - 9 * (points[4][output].At(i) - points[1][output].At(i))
                                            + 45 * (points[3][output].At(i) - points[2][output].At(i))
                                        ) / (60 * Step)
                                    ),
                            ]
                        )
                ),
        ];
    }
}
