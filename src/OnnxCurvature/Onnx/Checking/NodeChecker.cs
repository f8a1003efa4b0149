using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Onnx.Checking;

/// <summary>
/// Checks nodes of ai.onnx against what an opset says of their operators: whether there is such an operator, how many inputs and
/// outputs it has, which attributes, and which element types; and finds the element types of the outputs on the way.
/// </summary>
/// <param name="opset">The opset of ai.onnx.</param>
/// <param name="types">The element types of all values so far; those of outputs are added where they follow.</param>
/// <param name="problems">Takes what is wrong, in sentences.</param>
internal sealed class NodeChecker(int opset, Dictionary<string, ElementType> types, List<string> problems)
{
    private readonly List<string> _problems = problems;

    /// <summary>Checks a node whose bodies have been checked.</summary>
    public void Check(NodeProto node)
    {
        if (node.Domain.Length > 0 || Catalogue.Find("", node.OpType) is { IsOfRuntime: true })
            return;
        var what = $"{node.OpType} '{node.Name}'";
        if (OperatorSignature.Find(node.OpType, opset) is not { } signature)
        {
            // The table ends with opset 21; what is newer in a file is there because a type or an operator is.
            if (opset <= OpsetRange.Highest)
                _problems.Add($"{what} is of an operator that opset {opset} does not have.");
            return;
        }
        if (signature.IsDeprecated)
        {
            _problems.Add($"{what} is of an operator that opset {opset} has given up.");
            return;
        }
        CheckForm(what, node, signature);
        CheckTypes(what, node, signature);
    }

    /// <summary>
    /// The inputs, outputs and attributes of a node that an opset does not have, in a sentence; null where there is nothing, or where the
    /// opset does not have the operator at all.
    /// </summary>
    public static string? FormProblem(NodeProto node, int opset)
    {
        if (node.Domain.Length > 0 || OperatorSignature.Find(node.OpType, opset) is not { IsDeprecated: false } signature)
            return null;
        var checker = new NodeChecker(opset, [], []);
        checker.CheckForm($"{node.OpType} '{node.Name}'", node, signature);
        return checker._problems.FirstOrDefault();
    }

    /// <summary>
    /// Whether an opset does not know an attribute that says no more than what holds without it: files of newer opsets spell such
    /// attributes out.
    /// </summary>
    public static bool IsNeedless(OperatorCall call, string name, object value, int opset) =>
        call.Domain.Length == 0
        && (value is 0L or "none" or "stretch")
        && OperatorSignature.Find(call.Name, opset)?.Attributes.ContainsKey(name) == false;

    private void CheckForm(string what, NodeProto node, OperatorSignature signature)
    {
        CheckCount(what, "inputs", node.Input, signature.Inputs);
        CheckCount(what, "outputs", node.Output, signature.Outputs);
        CheckAttributes(what, node, signature);
    }

    private void CheckCount(
        string what,
        string kind,
        Google.Protobuf.Collections.RepeatedField<string> names,
        IReadOnlyList<FormalParameter> formals
    )
    {
        var variadic = formals is [.., { IsVariadic: true }];
        if (names.Count > formals.Count && !variadic)
            _problems.Add($"{what} has {names.Count} {kind}, and {formals.Count} at most are possible.");
        for (var index = 0; index < formals.Count; index++)
            if (!formals[index].IsOptional && (index >= names.Count || (names[index].Length == 0 && kind == "inputs")))
                _problems.Add($"{what} lacks '{formals[index].Name}' among its {kind}.");
    }

    private void CheckAttributes(string what, NodeProto node, OperatorSignature signature)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var attribute in node.Attribute)
        {
            if (!seen.Add(attribute.Name))
                _problems.Add($"{what} has the attribute '{attribute.Name}' twice.");
            if (!signature.Attributes.TryGetValue(attribute.Name, out var known))
                _problems.Add($"{what} has the attribute '{attribute.Name}', which opset {opset} does not know.");
            else if (attribute.Type != known.Kind)
                _problems.Add($"{what} has the attribute '{attribute.Name}' of kind {attribute.Type}, and {known.Kind} is expected.");
        }
        foreach (var (name, (_, required)) in signature.Attributes)
            if (required && !seen.Contains(name))
                _problems.Add($"{what} lacks the attribute '{name}'.");
    }

    private void CheckTypes(string what, NodeProto node, OperatorSignature signature)
    {
        var bound = new Dictionary<string, ElementType>(StringComparer.Ordinal);
        for (var index = 0; index < node.Input.Count; index++)
            if (
                Formal(signature.Inputs, index) is { } formal
                && node.Input[index].Length > 0
                && types.TryGetValue(node.Input[index], out var type)
            )
                Take(formal, type, $"takes '{node.Input[index]}'");
        for (var index = 0; index < node.Output.Count; index++)
        {
            if (node.Output[index].Length == 0 || Formal(signature.Outputs, index) is not { } formal)
                continue;
            var type =
                OfAttribute(node, index)
                ?? (
                    formal is { Variable: { } variable, IsUniform: true } && bound.TryGetValue(variable, out var same) ? same
                    : formal.Types is { Count: 1 } only ? only.Single()
                    : null
                );
            if (type is not { } found)
                continue;
            Take(formal, found, $"makes '{node.Output[index]}'");
            types[node.Output[index]] = found;
        }

        void Take(FormalParameter formal, ElementType type, string does)
        {
            if (formal.Types is { } allowed && !allowed.Contains(type) && !TakesNarrow(node.OpType, type))
                _problems.Add($"{what} {does} of {type.DisplayName()}, which opset {opset} does not allow for '{formal.Name}'.");
            if (formal is { Variable: { } variable, IsUniform: true } && !bound.TryAdd(variable, type) && bound[variable] != type)
                _problems.Add(
                    $"{what} {does} of {type.DisplayName()}, and another value of the same type is of {bound[variable].DisplayName()}."
                );
        }
    }

    /// <summary>Whether an opset knows a type of eight or four bits, which the table leaves out, and takes it in an operator.</summary>
    private bool TakesNarrow(string name, ElementType type) =>
        type >= ElementType.Float8E4M3FN
        && opset >= type.MinimumOpset()
        && (name == "Constant" || Catalogue.Find("", name)?.NarrowTypesSince <= opset);

    /// <summary>The name of the first input that is of float64 and for which an opset allows none, or null.</summary>
    public static string? InputWithoutFloat64(OperatorCall call, int opset)
    {
        if (call.Domain.Length > 0 || !call.Inputs.Any(IsFloat64) || OperatorSignature.Find(call.Name, opset) is not { } signature)
            return null;
        for (var index = 0; index < call.Inputs.Length; index++)
            if (
                IsFloat64(call.Inputs[index])
                && Formal(signature.Inputs, index) is { Types: { } allowed } formal
                && !allowed.Contains(ElementType.Float64)
            )
                return formal.Name;
        return null;

        static bool IsFloat64(Value? value) => value?.Type.Element == ElementType.Float64;
    }

    private static FormalParameter? Formal(IReadOnlyList<FormalParameter> formals, int index) =>
        index < formals.Count ? formals[index]
        : formals is [.., { IsVariadic: true } last] ? last
        : null;

    /// <summary>The type of an output that an attribute determines: the type that is asked for, a tensor, or a body.</summary>
    private ElementType? OfAttribute(NodeProto node, int output)
    {
        AttributeProto? Find(string name) => node.Attribute.FirstOrDefault(attribute => attribute.Name == name);
        if (Catalogue.Find("", node.OpType)?.TypeAttribute is { } named)
            return Find(named) is { } asked ? (ElementType)asked.I : null;
        switch (node.OpType)
        {
            case "ConstantOfShape":
                return Find("value") is { T: { } fill } ? (ElementType)fill.DataType : ElementType.Float32;
            case "Constant":
                return node.Attribute is [var value]
                    ? value.Type switch
                    {
                        Kind.Tensor => (ElementType)value.T.DataType,
                        Kind.Float or Kind.Floats => ElementType.Float32,
                        Kind.Int or Kind.Ints => ElementType.Int64,
                        Kind.String or Kind.Strings => ElementType.String,
                        _ => null,
                    }
                    : null;
            default:
                return Catalogue.Find("", node.OpType) is IBodyOperator op
                    ? OfBody(node.Attribute.FirstOrDefault(attribute => attribute.G is not null), output + op.OutputsBefore)
                    : null;
        }
    }

    private ElementType? OfBody(AttributeProto? body, int output) =>
        body?.G is { } graph && output < graph.Output.Count && types.TryGetValue(graph.Output[output].Name, out var type) ? type : null;
}
