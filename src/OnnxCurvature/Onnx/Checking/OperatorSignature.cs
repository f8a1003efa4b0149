using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using OnnxCurvature.Ir;
using Kind = OnnxCurvature.Onnx.Proto.AttributeProto.Types.AttributeType;

namespace OnnxCurvature.Onnx.Checking;

/// <summary>
/// The signature of an operator in an opset of ai.onnx: its inputs, outputs, attributes and types, without what they mean.
/// </summary>
/// <param name="Since">The opset that this form came with.</param>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Attributes">The attributes by name: what they hold, and whether they must be there.</param>
/// <param name="IsDeprecated">Whether the operator is no longer one since that opset; the other members are then empty.</param>
internal sealed record OperatorSignature(
    int Since,
    ImmutableArray<FormalParameter> Inputs,
    ImmutableArray<FormalParameter> Outputs,
    FrozenDictionary<string, (Kind Kind, bool Required)> Attributes,
    bool IsDeprecated
)
{
    private const string Resource = "OnnxCurvature.Onnx.Checking.OperatorSignatures.txt";

    private static readonly FrozenDictionary<string, ElementType> Codes = new Dictionary<string, ElementType>
    {
        ["f32"] = ElementType.Float32,
        ["f64"] = ElementType.Float64,
        ["f16"] = ElementType.Float16,
        ["bf16"] = ElementType.BFloat16,
        ["i8"] = ElementType.Int8,
        ["i16"] = ElementType.Int16,
        ["i32"] = ElementType.Int32,
        ["i64"] = ElementType.Int64,
        ["u8"] = ElementType.UInt8,
        ["u16"] = ElementType.UInt16,
        ["u32"] = ElementType.UInt32,
        ["u64"] = ElementType.UInt64,
        ["bool"] = ElementType.Bool,
        ["string"] = ElementType.String,
    }.ToFrozenDictionary();

    private static readonly Lazy<FrozenDictionary<string, ImmutableArray<OperatorSignature>>> Table = new(Read);

    /// <summary>The form of an operator of ai.onnx in an opset from 1 to 21, or null where that has no such operator.</summary>
    public static OperatorSignature? Find(string name, int opset) =>
        Table.Value.TryGetValue(name, out var forms) ? forms.LastOrDefault(form => form.Since <= opset) : null;

    /// <summary>
    /// The form in an opset, or else the first or the last that there was, for files that use an operator before or after its time; null
    /// for one that is not known.
    /// </summary>
    public static OperatorSignature? Nearest(string name, int opset) =>
        Find(name, opset) is { IsDeprecated: false } form ? form
        : Table.Value.TryGetValue(name, out var forms) ? (opset < forms[0].Since ? forms[0] : Newest(name))
        : null;

    /// <summary>The newest form of an operator that is known.</summary>
    public static OperatorSignature Newest(string name) => Table.Value[name].Last(form => !form.IsDeprecated);

    private static FrozenDictionary<string, ImmutableArray<OperatorSignature>> Read()
    {
        using var stream = typeof(OperatorSignature).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        var rows = new List<(string Name, OperatorSignature Form)>();
        while (reader.ReadLine() is { } line)
            if (line is { Length: > 0 } && line[0] != '#')
                rows.Add(Row(line.Split('|')));
        return rows.GroupBy(row => row.Name, row => row.Form)
            .ToFrozenDictionary(group => group.Key, group => group.OrderBy(form => form.Since).ToImmutableArray());
    }

    private static (string, OperatorSignature) Row(string[] fields)
    {
        var since = int.Parse(fields[1], CultureInfo.InvariantCulture);
        if (fields[2] == "deprecated")
            return (fields[0], new OperatorSignature(since, [], [], FrozenDictionary<string, (Kind, bool)>.Empty, true));
        var types = fields[5]
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(entry => entry.Split('='))
            .ToDictionary(entry => entry[0], entry => Types(entry[1]));
        return (
            fields[0],
            new OperatorSignature(
                since,
                Parameters(fields[2], types),
                Parameters(fields[3], types),
                Words(fields[4])
                    .ToFrozenDictionary(
                        word => word[..word.IndexOf(':', StringComparison.Ordinal)],
                        word =>
                            (
                                Enum.Parse<Kind>(
                                    word[(word.IndexOf(':', StringComparison.Ordinal) + 1)..]
                                        .TrimEnd('!')
                                        .Replace("_", "", StringComparison.Ordinal),
                                    ignoreCase: true
                                ),
                                word.EndsWith('!')
                            )
                    ),
                false
            )
        );
    }

    private static ImmutableArray<FormalParameter> Parameters(string text, Dictionary<string, ImmutableHashSet<ElementType>?> types) =>
        [
            .. Words(text)
                .Select(word =>
                {
                    var parts = word.Split(':');
                    var kind = parts[1].TrimEnd('0', '?', '*');
                    var marks = parts[1][kind.Length..];
                    var variable = kind[0] == '=' ? null : kind;
                    return new FormalParameter(
                        parts[0],
                        variable,
                        variable is null ? Types(kind[1..]) : types[variable],
                        IsOptional: marks.Contains('?', StringComparison.Ordinal) || marks.EndsWith('0'),
                        IsVariadic: marks.Contains('*', StringComparison.Ordinal),
                        IsUniform: !marks.Contains("**", StringComparison.Ordinal)
                    );
                }),
        ];

    /// <summary>
    /// The element types of a list; null where the list names what is no tensor, or a type that this library does not know.
    /// </summary>
    private static ImmutableHashSet<ElementType>? Types(string list) =>
        list.Contains("other", StringComparison.Ordinal) ? null : [.. list.Split(',').Where(Codes.ContainsKey).Select(code => Codes[code])];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A parameter of an operator.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Variable">The type variable that it shares with others, or null for a type of its own.</param>
/// <param name="Types">The element types that it takes, or null where these are not all known.</param>
/// <param name="IsOptional">Whether it may be left out.</param>
/// <param name="IsVariadic">Whether it stands for any number of values.</param>
/// <param name="IsUniform">Whether these are all of one type.</param>
internal sealed record FormalParameter(
    string Name,
    string? Variable,
    ImmutableHashSet<ElementType>? Types,
    bool IsOptional,
    bool IsVariadic,
    bool IsUniform
);
