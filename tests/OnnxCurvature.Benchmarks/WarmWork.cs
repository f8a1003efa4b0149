using System.Collections.Immutable;
using OnnxCurvature.Files;
using OnnxCurvature.Ir;
using OnnxCurvature.Methods;
using OnnxCurvature.Methods.Costs;
using OnnxCurvature.Methods.Losses;
using OnnxCurvature.Methods.Requests;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Batches;
using OnnxCurvature.Runtime.Schedules;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Transforms;
using Program = OnnxCurvature.Ir.Program;

namespace OnnxCurvature.Benchmarks;

using Program = OnnxCurvature.Ir.Program;

/// <summary>A program for one batch whose sessions are kept, so that it can be run again and again.</summary>
internal sealed class WarmWork : IDisposable
{
    private readonly ScheduleRunner _runner;
    private readonly Dictionary<Value, Microsoft.ML.OnnxRuntime.OrtValue> _feeds;
    private readonly Value[] _outputs;

    private WarmWork(Program program, string modelPath, IReadOnlyDictionary<Value, NpyArray> feeds, PlanLimits limits)
    {
        var costs = new CostModel(limits);
        Flops = costs.Flops(program);
        _runner = new ScheduleRunner(
            ProgramSchedule.Of(program),
            new OrtSettings(Path.GetDirectoryName(Path.GetFullPath(modelPath))!, ExecutionProvider.Cpu, 0),
            costs
        );
        _feeds = program.Parameters.ToDictionary(
            parameter => parameter,
            parameter => OrtTensors.Of(feeds[parameter], parameter.Type.Element)
        );
        _outputs = [.. program.Outputs.Select(output => output.Value).Distinct()];
    }

    /// <summary>Floating-point operations, as the plan counts them.</summary>
    public double Flops { get; }

    /// <summary>Quantities of the cross-entropy of a model.</summary>
    public static WarmWork Of(
        string modelPath,
        IReadOnlyDictionary<string, NpyArray> data,
        string weight,
        long memory,
        params ImmutableArray<Quantity> quantities
    )
    {
        var (model, limits) = Load(modelPath, data, memory);
        var request = new CurvatureRequest
        {
            WithRespectTo = [weight],
            Loss = new LossRequest(LossKind.CrossEntropy),
            Quantities = quantities,
        };
        var plan = new Planner(model.Graph, request, limits).Plan();
        return new WarmWork(
            plan.Program,
            modelPath,
            plan.Program.Parameters.ToDictionary(parameter => parameter, parameter => data[parameter.Name!]),
            limits
        );
    }

    /// <summary>
    /// The product of the Hessian with a direction whose entries are all the same; with <paramref name="reused"/> all that does not depend
    /// on the direction has been computed before.
    /// </summary>
    public static WarmWork ProductOf(string modelPath, IReadOnlyDictionary<string, NpyArray> data, string weight, bool reused)
    {
        var (model, limits) = Load(modelPath, data, long.MaxValue);
        var head = LossBuilder.Build(model.Graph, new LossRequest(LossKind.CrossEntropy), Reduction.Mean);
        var target = Target.Resolve(model.Graph, [weight])[0].Value;
        var gradient = model.Builder.Gradient(head.Loss, [target])[0]!;
        var product = model.Builder.HessianProduct(gradient, target);
        Value[] parameters = [.. model.Inputs, head.Target!, product.Inputs[0]];
        var whole = new Simplifier().Run(Program.Create(parameters, [new NamedValue("product", product.Outputs[0]!)]));
        var direction = NpyArray.Of(
            ElementType.Float32,
            target.Type.Shape.Sizes,
            Enumerable.Repeat(1 / Math.Sqrt(target.Type.Shape.Elements.Factor), (int)target.Type.Shape.Elements.Factor).ToArray()
        );
        var feeds = parameters.ToDictionary(
            parameter => parameter,
            parameter => parameter == product.Inputs[0] ? direction : data[parameter.Name!]
        );
        if (!reused)
            return new WarmWork(whole, modelPath, feeds, limits);
        var moving = GraphWalk.Between(new HashSet<Value> { product.Inputs[0] }, whole.Outputs.Select(output => output.Value));
        var made = moving.SelectMany(node => node.Outputs).Append(product.Inputs[0]).ToHashSet();
        Value[] kept =
        [
            .. moving.SelectMany(GraphWalk.Dependencies).Where(value => value.Constant is null && !made.Contains(value)).Distinct(),
        ];
        using (
            var before = new WarmWork(
                Program.Create(parameters, kept.Select((value, index) => new NamedValue($"kept_{index}", value))),
                modelPath,
                feeds,
                limits
            )
        )
            foreach (var (value, array) in kept.Zip(before.Arrays(kept)))
                feeds[value] = array;
        return new WarmWork(Program.Create([product.Inputs[0], .. kept], whole.Outputs), modelPath, feeds, limits);
    }

    /// <summary>Runs once.</summary>
    public void Run() => Run(_ => 0);

    /// <summary>Runs once and gives the norm of the last output.</summary>
    public double Norm() =>
        Run(results => Math.Sqrt(System.Numerics.Tensors.TensorPrimitives.SumOfSquares<double>(OrtTensors.Doubles(results[_outputs[^1]]))));

    /// <inheritdoc/>
    public void Dispose()
    {
        _runner.Dispose();
        foreach (var feed in _feeds.Values)
            feed.Dispose();
    }

    private NpyArray[] Arrays(Value[] values) =>
        Run(results =>
            Array.ConvertAll(
                values,
                value =>
                {
                    var (tensor, element) = (results[value], value.Type.Element);
                    return new NpyArray(element, OrtTensors.Shape(tensor), tensor.GetTensorMutableRawData().ToArray());
                }
            )
        );

    private T Run<T>(Func<IReadOnlyDictionary<Value, Microsoft.ML.OnnxRuntime.OrtValue>, T> read)
    {
        var results = _runner.Run(_feeds, _outputs, _outputs.ToHashSet(), keep: true, SegmentRange.Whole, null, CancellationToken.None)[0];
        try
        {
            return read(results);
        }
        finally
        {
            foreach (var result in results.Values.Except(_feeds.Values))
                result.Dispose();
        }
    }

    private static (OnnxModel Model, PlanLimits Limits) Load(string modelPath, IReadOnlyDictionary<string, NpyArray> data, long memory)
    {
        var rows = (int)data["labels"].Shape[0];
        var dimensions = DataSet.Dimensions(OnnxModel.Load(modelPath, new LoadOptions { Oracle = new OrtShapeOracle() }).Graph, data, rows);
        return (
            OnnxModel.Load(modelPath, new LoadOptions { Dims = dimensions, Oracle = new OrtShapeOracle() }),
            new PlanLimits
            {
                MemoryBytes = memory,
                Dimensions = dimensions,
                DefaultDimension = rows,
            }
        );
    }
}
