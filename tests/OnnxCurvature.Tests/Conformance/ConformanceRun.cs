using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Augmentation;
using OnnxCurvature.Runtime.Sessions;
using OnnxCurvature.Tests.Laws;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>How far the derivatives of a published model go.</summary>
public enum DerivativeOrder
{
    /// <summary>No output depends differentiably on an input.</summary>
    None,

    /// <summary>There is a gradient, and the second derivative of every output is zero almost everywhere.</summary>
    First,

    /// <summary>There are both.</summary>
    Second,
}

/// <summary>The outcome of a published model.</summary>
/// <param name="Operators">The operators of its file, with their opset.</param>
/// <param name="Order">How far its derivatives go.</param>
/// <param name="OutputFailure">Why it could not be taken or its outputs are not the published ones, or null.</param>
/// <param name="DerivativeFailure">The fault of its derivatives, or null.</param>
public sealed record ConformanceResult(
    IReadOnlyList<(string Domain, string Name, int Opset)> Operators,
    DerivativeOrder Order,
    string? OutputFailure,
    string? DerivativeFailure
)
{
    /// <summary>The fault, or null.</summary>
    public string? Failure => OutputFailure ?? DerivativeFailure;
}

/// <summary>
/// Loads a published model, evaluates it in double, writes it and runs it on ONNX Runtime, and compares both with the published outputs;
/// then compares its derivatives with differences, and writes and runs those as well.
/// </summary>
internal sealed class ConformanceRun
{
    private static readonly ConcurrentDictionary<string, Lazy<ConformanceResult>> Results = new(StringComparer.Ordinal);

    private readonly OnnxModel _model;
    private readonly IReadOnlyList<Tensor> _expected;
    private readonly Dictionary<Value, Tensor> _values = [];
    private readonly double _tolerance;
    private bool _isRun = true;

    private ConformanceRun(PublishedModel published, IReadOnlyDictionary<string, Tensor> given, Func<string, bool> isFixed)
    {
        _model = OnnxModel.Load(
            published.Path,
            new LoadOptions { Oracle = new OrtShapeOracle(), Fixed = given.Where(entry => isFixed(entry.Key)).ToDictionary() }
        );
        if (_model.UnknownNodes is [{ Operator: OpaqueOperator opaque }, ..])
            throw new UserErrorException(opaque.Reason);
        foreach (var input in _model.Inputs)
            _values[input] = given[input.Name!];
        _expected =
        [
            .. published
                .Data("output")
                .Select(
                    (tensor, index) =>
                        tensor.Element == ElementType.UInt16 && _model.Outputs[index].Value.Type.Element == ElementType.BFloat16
                            ? PublishedModel.OfBits(tensor)
                            : tensor
                ),
        ];
        var elements = _model.Inputs.Concat(_model.Outputs.Select(output => output.Value)).Select(value => value.Type.Element).ToHashSet();
        _tolerance =
            elements.Contains(ElementType.BFloat16) ? 2e-2
            : elements.Contains(ElementType.Float16) ? 2e-3
            : 1e-4;
    }

    /// <summary>The outcome of a model; each is tried once.</summary>
    public static ConformanceResult Of(string name) =>
        Results.GetOrAdd(name, key => new Lazy<ConformanceResult>(() => Try(new PublishedModel(key)))).Value;

    /// <summary>
    /// Where what a model computes depends on the elements of inputs, on axes or sizes say, these inputs are fixed: at first none, then
    /// those of integers, then all but the first.
    /// </summary>
    private static ConformanceResult Try(PublishedModel published)
    {
        var operators = published.Operators();
        try
        {
            var given = published.Inputs();
            var result =
                Try(published, given, _ => false)
                ?? Try(published, given, name => !given[name].Element.IsFloat())
                ?? Try(published, given, name => name != given.Keys.First(), isLast: true)!;
            return result with { Operators = operators };
        }
        catch (Exception exception) when (exception is UserErrorException or UnsupportedOperatorException)
        {
            return new ConformanceResult(operators, DerivativeOrder.None, exception.Message, null);
        }
    }

    private static ConformanceResult? Try(
        PublishedModel published,
        IReadOnlyDictionary<string, Tensor> given,
        Func<string, bool> isFixed,
        bool isLast = false
    )
    {
        var order = DerivativeOrder.None;
        var isComputed = false;
        string? failure;
        try
        {
            var run = new ConformanceRun(published, given, isFixed);
            failure = run.CompareOutputs();
            isComputed = failure is null;
            failure ??= run.CompareDerivatives(out order);
        }
        catch (Exception exception) when (exception is UserErrorException or UnsupportedModelException or UnsupportedOperatorException)
        {
            if (!isLast)
                return null;
            failure = exception.Message;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failure = exception.ToString();
        }
        return new ConformanceResult([], order, isComputed ? null : failure, isComputed ? failure : null);
    }

    private string? CompareOutputs()
    {
        Interpreter.Run(_model.Program.Nodes, _values);
        for (var index = 0; index < _expected.Count; index++)
            if (Difference(_expected[index], Interpreter.Read(_model.Outputs[index].Value, _values), 1, isRounded: true) is { } difference)
                return $"output {index}, evaluated: {difference}";
        Tensor[] actual;
        try
        {
            actual = ProgramRun.Run(_model.Program, _model, _values);
        }
        catch (OnnxRuntimeException exception)
        {
            // What ONNX Runtime has no kernel for in the published file it need not have one for in ours.
            _isRun = false;
            return ProgramRun.Takes(_model.Path) ? $"ONNX Runtime takes the published model, and not ours: {exception.Message}" : null;
        }
        for (var index = 0; index < _expected.Count; index++)
            if (Difference(_expected[index], actual[index], 1) is { } difference)
                return $"output {index}, by ONNX Runtime: {difference}";
        return null;
    }

    private string? CompareDerivatives(out DerivativeOrder order)
    {
        order = DerivativeOrder.None;
        var arguments = _model.Inputs.Where(input => input.Type.Element.IsFloat()).ToArray();
        var outputs = _model.Outputs.Select(output => output.Value).Where(value => value.Type.Element.IsFloat()).ToArray();
        if (arguments.Length == 0 || outputs.Length == 0)
            return null;
        var derived = new DerivedModel(_model.Builder, arguments, outputs, _values, seed: 5);
        order =
            derived.HasCurvature ? DerivativeOrder.Second
            : derived.HasGradient ? DerivativeOrder.First
            : DerivativeOrder.None;
        if (derived.Check() is { } wrong)
            return wrong;
        var results = derived.Results.ToArray();
        if (results.Length == 0 || !_isRun)
            return null;
        var bound = derived.Bound();
        var program = _model.Builder.Build(
            derived.Parameters,
            results.Select((value, index) => new NamedValue($"derivative{index}", value))
        );
        var expected = new Dictionary<Value, Tensor>(bound);
        Interpreter.Run(program.Nodes, expected);
        var actual = ProgramRun.Run(program, _model, bound);
        for (var index = 0; index < results.Length; index++)
            if (Difference(Interpreter.Read(results[index], expected), actual[index], 20) is { } difference)
                return $"derivative {index}, by ONNX Runtime: {difference}";
        return null;
    }

    /// <summary>
    /// Null where tensors are as near as their element type lets them be; times <paramref name="slack"/>. Quantized numbers that were
    /// computed in double may be the neighbours of those that were computed in single precision.
    /// </summary>
    private string? Difference(Tensor expected, Tensor actual, double slack, bool isRounded = false)
    {
        if (expected.Element.IsFloat() != actual.Element.IsFloat())
            return $"the type is {actual.Element} and not {expected.Element}";
        var tolerance =
            expected.Element.IsFloat() ? slack * _tolerance
            : isRounded && expected.Element is ElementType.UInt8 or ElementType.Int8 ? 1 / 255.0
            : 0;
        // Where terms of size one cancel, roundoffs of them are left.
        var cancelled = expected.Element.IsFloat() ? 16 * expected.Element.UnitRoundoff() : 0;
        return Close.Difference(expected, actual, tolerance, cancelled);
    }
}
