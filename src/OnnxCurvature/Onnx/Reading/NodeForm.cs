using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Checking;
using OnnxCurvature.Onnx.Proto;
using OnnxCurvature.Ops;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>
/// Checks a node of ai.onnx that is being loaded against the form that its opset gives the operator, so that rules of operators find the
/// inputs, outputs, attributes and kinds of elements that they expect. Harmless things that an opset does not know are let through.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="scope">Where the node stands.</param>
internal sealed class NodeForm(NodeProto node, Scope scope)
{
    /// <summary>Hints to memory management in opsets below 6, which many files leave out.</summary>
    private const string LegacyHint = "consumed_inputs";

    /// <summary>Throws <see cref="UnsupportedOperatorException"/> for what does not have the operator's form.</summary>
    public void Check(ImmutableArray<Value?> inputs)
    {
        if (node.Output.All(name => name.Length == 0))
            throw new UnsupportedOperatorException("it has no output.");
        if (node.Domain is not ("" or "ai.onnx") || !scope.Opsets.TryGetValue("", out var opset))
            return;
        if (OperatorSignature.Nearest(node.OpType, opset) is not { } signature)
            return;
        CheckCount("inputs", node.Input.Count, signature.Inputs);
        CheckCount("outputs", node.Output.Count, signature.Outputs);
        CheckPresence(signature.Inputs);
        CheckAttributes(signature);
        CheckElements(inputs, signature.Inputs);
    }

    private void CheckCount(string kind, int count, ImmutableArray<FormalParameter> formals)
    {
        if (count > formals.Length && formals is not [.., { IsVariadic: true }])
            throw new UnsupportedOperatorException($"it has {count} {kind}, and {node.OpType} has {formals.Length} at most.");
        for (var index = count; index < formals.Length; index++)
            if (!formals[index].IsOptional)
                throw new UnsupportedOperatorException($"it lacks '{formals[index].Name}' among its {kind}.");
    }

    private void CheckPresence(ImmutableArray<FormalParameter> formals)
    {
        for (var index = 0; index < node.Input.Count; index++)
            if (Formal(formals, index) is { } formal && (formal.IsVariadic || !formal.IsOptional) && IsMissing(node.Input[index]))
                throw new UnsupportedOperatorException($"it lacks '{formal.Name}' among its inputs.");
    }

    private bool IsMissing(string input) => input.Length == 0 || scope.IsLeftOut(input);

    private void CheckAttributes(OperatorSignature signature)
    {
        // Rules of operators read the canonical form, which knows attributes of later opsets.
        var newest = OperatorSignature.Newest(node.OpType);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var given in node.Attribute)
        {
            if (!seen.Add(given.Name))
                throw new UnsupportedOperatorException($"it has the attribute '{given.Name}' twice.");
            if (!signature.Attributes.TryGetValue(given.Name, out var known) && !newest.Attributes.TryGetValue(given.Name, out known))
                continue;
            if (AttributeReader.Resolve(given, scope) is { } attribute)
                CheckKind(attribute, given.Name, known.Kind);
            else
                seen.Remove(given.Name);
        }
        foreach (var (name, (_, isRequired)) in signature.Attributes)
            if (isRequired && name != LegacyHint && !seen.Contains(name))
                throw new UnsupportedOperatorException($"it lacks the attribute '{name}'.");
    }

    private static void CheckKind(AttributeProto attribute, string name, Kind expected)
    {
        // An empty list without a kind may be of any.
        var isEmptyList = attribute.Type == Kind.Undefined && AttributeReader.KindOf(attribute) == Kind.Ints && attribute.Ints.Count == 0;
        if (AttributeReader.KindOf(attribute) is var kind && kind != expected && !isEmptyList)
            throw new UnsupportedOperatorException($"its attribute '{name}' is of kind {kind}, and {expected} is expected.");
        var isHollow = kind switch
        {
            Kind.Graph => attribute.G is null,
            Kind.Tensor => attribute.T is null,
            Kind.SparseTensor => attribute.SparseTensor is null,
            _ => false,
        };
        if (isHollow)
            throw new UnsupportedOperatorException($"its attribute '{name}' holds nothing.");
    }

    /// <summary>
    /// Numbers may be of other widths than the opset names, since loading widens them and runtimes have more kernels. But no text or truth
    /// value may stand for a number, and no number with a fraction for a whole one.
    /// </summary>
    private void CheckElements(ImmutableArray<Value?> inputs, ImmutableArray<FormalParameter> formals)
    {
        var bound = new Dictionary<string, ElementType>(StringComparer.Ordinal);
        for (var index = 0; index < inputs.Length; index++)
        {
            if (inputs[index] is not { } input || Formal(formals, index) is not { } formal)
                continue;
            var element = input.Type.Element;
            var what = $"its input '{formal.Name}' holds {element.DisplayName()}";
            if (formal.Types is { } allowed && !allowed.Any(one => ClassOf(one) == ClassOf(element)))
                throw new UnsupportedOperatorException($"{what}, which {node.OpType} does not take.");
            if (formal is not { Variable: { } variable, IsUniform: true } || bound.TryAdd(variable, element))
                continue;
            if (ClassOf(bound[variable]) != ClassOf(element))
                throw new UnsupportedOperatorException($"{what}, and another of the same type {bound[variable].DisplayName()}.");
        }
    }

    private static FormalParameter? Formal(ImmutableArray<FormalParameter> formals, int index) =>
        index < formals.Length ? formals[index]
        : formals is [.., { IsVariadic: true } last] ? last
        : null;

    private static ElementClass ClassOf(ElementType element) =>
        element == ElementType.Bool ? ElementClass.Truth
        : element == ElementType.String ? ElementClass.Text
        : element.HoldsFloats() ? ElementClass.Number
        : ElementClass.Whole;

    private enum ElementClass
    {
        Number,
        Whole,
        Truth,
        Text,
    }
}
