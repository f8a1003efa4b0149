using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.ControlFlow;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Families;
using OnnxCurvature.Ops.Quantization;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>Brings the call of a node into its canonical form, infers its types, and appends it to the graph.</summary>
internal sealed class NodeAppender(NodeLoader loader, LoadOptions options)
{
    /// <summary>The type of an output that a node does not give out.</summary>
    private static readonly TensorType LeftOut = new(ElementType.Undefined, TensorShape.Scalar);

    private readonly Dictionary<(string Domain, string Name, int Opset, string Reason), OpaqueOperator> _opaque = [];

    /// <summary>
    /// Appends a call and defines its outputs. A call that the catalogue does not take becomes an opaque node, for the reason that is
    /// given.
    /// </summary>
    public void Append(NodeProto node, Scope scope, OperatorCall call, string? reason)
    {
        if (!scope.Opsets.TryGetValue(call.Domain, out var opset))
            throw new UnsupportedOperatorException($"the model names no opset of the domain '{call.Domain}'.");
        var b = scope.Builder;
        Operator op;
        if (Catalogue.Find(call.Domain, call.Name) is not { } known)
            op = Opaque(call, opset, reason ?? NodeLoader.NotInCatalogue(call.Name) + ".");
        else
        {
            op = known;
            if (call.Input(0) is { } first && first.Type.Rank < known.LeastRank)
                throw new ShapeException(
                    $"{call.Name} takes a tensor of {known.LeastRank} dimensions or more, and {first.Type.Shape} has {first.Type.Rank}"
                );
            if (op is RandomSource)
                call = Sampled(node, scope, call);
            try
            {
                var canonical = known.FromOpset(b, call, opset);
                op =
                    Catalogue.Find(canonical.Domain, canonical.Name)
                    ?? throw new UnsupportedOperatorException($"{canonical.Name} is not in the operator catalogue.");
                call = canonical;
                if (Expanded(op, node, scope, call))
                    return;
            }
            catch (UnsupportedOperatorException exception) when (known is not RandomSource)
            {
                loader.Note(exception);
                op = Opaque(call, opset, exception.Message);
            }
        }
        var types = Infer(op, node, scope, call);
        if (types.FirstOrDefault(type => type.Shape.Any(dim => dim.Factor < 0)) is { } negative)
            throw new ShapeException($"the sizes {negative.Shape} of an output of {call.Name} must not be negative");
        var named = types
            .Select((type, index) => node.Output[index].Length > 0 ? (type, scope.FullName(node.Output[index])) : (LeftOut, null))
            .ToArray();
        if (scope.Depth > 0) // Names there have those of all calls around them in front.
            loader.Budget.TakeBytes(sizeof(char) * named.Sum(output => (long)(output.Item2?.Length ?? 0)));
        var appended = b.Append(op, call.Inputs, call.Attributes, named, node.Name.Length > 0 ? scope.FullName(node.Name) : null);
        if (op is OpaqueOperator)
            loader.UnknownNodes.Add(appended);
        for (var index = 0; index < appended.Outputs.Length; index++)
            if (node.Output[index].Length > 0)
                loader.Define(scope, node.Output[index], appended.Outputs[index]);
    }

    /// <summary>Defines the outputs of a node of an operator that is replaced by others; false for any other operator.</summary>
    private bool Expanded(Operator op, NodeProto node, Scope scope, OperatorCall call)
    {
        var b = scope.Builder;
        using var origin = b.For(NodeLoader.Describe(node));
        if (((options.StraightThrough ? PassThrough(op, node, b, call) : null) ?? op.OnLoad(b, call)) is not { } outputs)
            return false;
        var asked = Enumerable.Range(0, call.OutputCount).Where(index => node.Output[index].Length > 0).ToArray();
        foreach (var index in asked)
            if (index >= outputs.Length || outputs[index] is null)
                throw new UnsupportedOperatorException($"the output {index} of {call.Name} is not supported.");
        foreach (var index in asked)
        {
            outputs[index]!.NameAs(scope.FullName(node.Output[index]));
            loader.Define(scope, node.Output[index], outputs[index]);
        }
        return true;
    }

    private ImmutableArray<Value?>? PassThrough(Operator op, NodeProto node, GraphBuilder b, OperatorCall call)
    {
        var outputs = op.OnLoadStraightThrough(b, call);
        if (outputs is not null)
            loader.StraightThrough.Add(NodeLoader.Describe(node));
        return outputs;
    }

    /// <summary>
    /// Gives random numbers a stream of their own. In a body they would have to be others in every iteration, so there they are refused.
    /// </summary>
    private OperatorCall Sampled(NodeProto node, Scope scope, OperatorCall call)
    {
        if (scope.Builder.Parent is not null)
            throw new UnsupportedOperatorException(
                $"{call.Name} samples anew whenever its body runs, and random numbers are sampled at load."
            );
        loader.Sampled.Add(NodeLoader.Describe(node));
        return call with
        {
            Attributes = call.Attributes.With(RandomSource.StreamName, scope.FullName(node.Name.Length > 0 ? node.Name : node.Output[0])),
        };
    }

    private OpaqueOperator Opaque(OperatorCall call, int opset, string reason)
    {
        var key = (call.Domain, call.Name, opset, reason);
        if (!_opaque.TryGetValue(key, out var op))
            _opaque[key] = op = new OpaqueOperator(call.Name, call.Domain, opset, reason);
        return op;
    }

    private ImmutableArray<TensorType> Infer(Operator op, NodeProto node, Scope scope, OperatorCall call)
    {
        try
        {
            var types = op.Infer(call);
            op.CheckForm(call);
            return types.Length >= call.OutputCount
                ? types[..call.OutputCount]
                : throw new UnsupportedOperatorException($"{call.Name} has {types.Length} outputs, and {call.OutputCount} are asked for.");
        }
        catch (UnsupportedOperatorException exception)
        {
            loader.Note(exception);
            var types = node
                .Output.Take(call.OutputCount)
                .Select(name => name.Length == 0 ? LeftOut : loader.Types?.Of(scope.FullName(name), op is OpaqueOperator))
                .ToArray();
            if (types.Length > 0 && !types.Contains(null))
                return [.. types.Select(type => loader.Widening.Of(type!))];
            // Nothing says the types of values in bodies.
            if (op.InferAtRunTime(call) is { } sized && sized.Length >= call.OutputCount)
                return sized[..call.OutputCount];
            throw;
        }
    }
}
