using OnnxCurvature.Onnx.Proto;

namespace OnnxCurvature.Onnx.Reading;

/// <summary>The functions that a model defines. Their calls are replaced by their nodes when the model is loaded.</summary>
internal sealed class FunctionLibrary(ModelProto model)
{
    private readonly Dictionary<(string Domain, string Name, string Overload), FunctionProto> _functions = model
        .Functions.GroupBy(function => (function.Domain, function.Name, function.Overload))
        .ToDictionary(group => group.Key, group => group.First());

    /// <summary>The function of a call, or null where the call is one of an operator.</summary>
    public FunctionProto? Find(string domain, string name, string overload) => _functions.GetValueOrDefault((domain, name, overload));

    /// <summary>
    /// The scope of a function's nodes for one call. Outputs have the names that the call gives them; all other values have the
    /// call's name in front of theirs.
    /// </summary>
    public static Scope Enter(NodeProto call, FunctionProto function, Scope scope, int depth)
    {
        var prefix = call.Name.Length > 0 ? call.Name : call.Output.FirstOrDefault(name => name.Length > 0) ?? call.OpType;
        var outputs = function
            .Output.Zip(call.Output)
            .Where(pair => pair.Second.Length > 0)
            .GroupBy(pair => pair.First, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First().Second, StringComparer.Ordinal);
        var arguments = function
            .AttributeProto.GroupBy(attribute => attribute.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var attribute in call.Attribute)
            if (attribute.RefAttrName.Length == 0)
                arguments[attribute.Name] = attribute;
            else if (scope.Arguments?.TryGetValue(attribute.RefAttrName, out var outer) == true)
                arguments[attribute.Name] = outer;
        var opsets = OpsetsOf(function.OpsetImport);
        foreach (var (domain, opset) in scope.Opsets)
            opsets.TryAdd(domain, opset);
        return new Scope(scope.Builder, null, opsets, depth)
        {
            FullName = local => scope.FullName(outputs.TryGetValue(local, out var name) ? name : $"{prefix}/{local}"),
            Arguments = arguments,
        };
    }

    /// <summary>The opsets that a list of imports names; ai.onnx has the empty domain.</summary>
    public static Dictionary<string, int> OpsetsOf(IEnumerable<OperatorSetIdProto> imports) =>
        imports
            .GroupBy(DomainOf, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                group => (int)Math.Clamp(group.Max(import => import.Version), 0, int.MaxValue),
                StringComparer.Ordinal
            );

    /// <summary>The domain of an import; that of ai.onnx is empty.</summary>
    public static string DomainOf(OperatorSetIdProto import) => import.Domain == "ai.onnx" ? "" : import.Domain;
}
