namespace OnnxCurvature.Ir;

/// <summary>
/// Checks the structure of programs: every value is defined before it is used, once, and in a scope that its user sees; every
/// output has a name of its own. Whether types are what operators infer is not checked here.
/// </summary>
internal static class ProgramVerifier
{
    /// <summary>Throws <see cref="InvalidOperationException"/>, with the first thing that is wrong.</summary>
    public static void Verify(Program program) => Verify(program, new HashSet<Value>(), new HashSet<Node>());

    private static void Verify(Program program, HashSet<Value> visible, HashSet<Node> seen)
    {
        var added = new List<Value>();
        foreach (var parameter in program.Parameters)
            Define(parameter, "is a parameter, but is defined already");
        foreach (var node in program.Nodes)
        {
            if (!seen.Add(node))
                throw new InvalidOperationException($"{node} is in two programs, or twice in one.");
            foreach (var input in node.Inputs)
                if (input is not null)
                    Use(input, node.ToString());
            foreach (var body in node.Bodies)
                Verify(body, visible, seen);
            foreach (var output in node.Outputs)
                if (!visible.Contains(output))
                    Define(output, $"is an output of {node}, but is defined already");
                else if (!program.Parameters.Contains(output))
                    throw new InvalidOperationException($"The output {output} of {node} is defined outside.");
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var output in program.Outputs)
        {
            if (output.Name.Length == 0 || !names.Add(output.Name))
                throw new InvalidOperationException($"Two outputs have the name '{output.Name}', or one has none.");
            Use(output.Value, $"the output '{output.Name}'");
        }
        visible.ExceptWith(added);

        void Define(Value value, string what)
        {
            if (!visible.Add(value))
                throw new InvalidOperationException($"The value {value} {what}.");
            added.Add(value);
        }

        void Use(Value value, string user)
        {
            if (value.Constant is null && !visible.Contains(value))
                throw new InvalidOperationException(
                    $"{user} takes the value {value}{(value.Producer is { } producer ? $" of {producer}" : "")}, which is not defined "
                        + $"before it."
                );
        }
    }
}
