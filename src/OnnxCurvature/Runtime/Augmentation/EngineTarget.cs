using System.Collections.Frozen;
using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>
/// An engine that files are written for, and what it takes. Every engine is a file of the folder Engines: lines of <c>key: value</c>, then
/// the operators that it has.
/// </summary>
internal sealed record EngineTarget
{
    private const string Prefix = "Engines.";

    private EngineTarget(string name, string text)
    {
        Name = name;
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var facts = lines
            .Where(line => line.Contains(": ", StringComparison.Ordinal))
            .Select(line => line.Split(": ", 2))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        Operators = lines.Where(line => !line.Contains(": ", StringComparison.Ordinal)).ToFrozenSet(StringComparer.Ordinal);
        Engine = facts["engine"];
        Gaps = Enum.Parse<EngineGaps>(facts["gaps"]);
        Source = facts["source"];
        Fallback = facts["others"] == "refused" ? null : facts["others"];
        NeedsKnownShapes = facts.ContainsKey("shapes");
        NeedsWeightsInside = facts.ContainsKey("weights");
        OnlyElement = facts.TryGetValue("element", out var element) ? Enum.Parse<ElementType>(element, ignoreCase: true) : null;
    }

    /// <summary>All engines, by name.</summary>
    public static ImmutableArray<EngineTarget> All { get; } =
    [
        .. typeof(EngineTarget)
            .Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(typeof(EngineTarget).Assembly.GetManifestResourceStream(name)!);
                return new EngineTarget(name[Prefix.Length..], reader.ReadToEnd());
            }),
    ];

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>The engine's own name, with its version.</summary>
    public string Engine { get; }

    /// <summary>Forms of operators that it does not take, and that files for it say otherwise.</summary>
    public EngineGaps Gaps { get; }

    /// <summary>The operators that it has.</summary>
    public FrozenSet<string> Operators { get; }

    /// <summary>The fate of nodes of other operators, as a predicate such as "run on the CPU"; null where it refuses them.</summary>
    public string? Fallback { get; }

    /// <summary>Whether all sizes must be numbers when the file is read.</summary>
    public bool NeedsKnownShapes { get; }

    /// <summary>Whether it reads no weights from other files.</summary>
    public bool NeedsWeightsInside { get; }

    /// <summary>The only type that it computes in; null where it has the types of ONNX.</summary>
    public ElementType? OnlyElement { get; }

    /// <summary>Where this is known from.</summary>
    public string Source { get; }

    /// <summary>The engine of a name. Throws <see cref="UserErrorException"/> where there is none.</summary>
    public static EngineTarget Find(string name) =>
        All.FirstOrDefault(target => target.Name == name)
        ?? throw new UserErrorException(
            $"There is no engine '{name}' that files can be written for; {Suggestions.Among(name, [.. All.Select(target => target.Name)])}."
        );

    /// <summary>
    /// A program in forms that the engine takes, and a note for each kind of node that runs elsewhere. Throws
    /// <see cref="UserErrorException"/>, which names the node, where there is no such form.
    /// </summary>
    public (Program Program, ImmutableArray<string> Notes) Lower(Program program)
    {
        CheckTypes(program);
        var lowered = Pipeline.ForEngine(Gaps, Fallback is null ? Operators : null).Run(program);
        CheckTypes(lowered);
        var notes = CheckOperators(lowered);
        return Gaps.HasFlag(EngineGaps.UnusedInputs) ? WithoutUnusedInputs(lowered, notes) : (lowered, notes);
    }

    /// <summary>A diagonal may not depend on the classes of samples, say, and then the file does not ask for them.</summary>
    private (Program Program, ImmutableArray<string> Notes) WithoutUnusedInputs(Program program, ImmutableArray<string> notes)
    {
        var used = program.Nodes.SelectMany(node => node.Dependencies).Concat(program.Outputs.Select(output => output.Value)).ToHashSet();
        var unused = program.Parameters.Where(parameter => !used.Contains(parameter)).ToImmutableArray();
        if (unused.IsEmpty)
            return (program, notes);
        return (
            Program.Create(program.Parameters.RemoveRange(unused), program.Outputs),
            [.. notes, .. unused.Select(input => $"{Engine} takes no input that nothing depends on: '{input.Name}' is left out.")]
        );
    }

    private void CheckTypes(Program program)
    {
        foreach (var value in program.Parameters.Concat(program.Nodes.SelectMany(node => node.Outputs)))
        {
            if (NeedsKnownShapes && !value.Type.Shape.IsKnown)
                throw new UserErrorException(
                    $"{Engine} needs all sizes as numbers, and {Described(value)} is {value.Type}; give --dim "
                        + $"{value.Type.Shape.First(dim => !dim.IsKnown)}=SIZE."
                );
            if (OnlyElement is { } element && value.Type.Element.HoldsFloats() && value.Type.Element != element)
                throw new UserErrorException($"{Engine} computes in {element.DisplayName()} only, and {Described(value)} is {value.Type}.");
        }
    }

    private ImmutableArray<string> CheckOperators(Program program)
    {
        var others = program.Nodes.Where(node => !Operators.Contains(node.Operator.Name)).ToArray();
        if (others.Length > 0 && Fallback is null)
            throw new UserErrorException(
                $"{Engine} has no operator {others[0].Operator.Name}, which {NodeReplacement.Named(others[0])} needs; ask for another "
                    + "result, or leave out --target."
            );
        return
        [
            .. others
                .GroupBy(node => node.Operator.Name, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => $"{Engine}: {group.Count()} {(group.Count() == 1 ? "node" : "nodes")} of {group.Key} {Fallback}."),
        ];
    }

    private static string Described(Value value) =>
        value.Name is { } name ? $"'{name}'"
        : value.Producer is { } producer ? $"the output of {NodeReplacement.Named(producer)}"
        : "a value";
}
