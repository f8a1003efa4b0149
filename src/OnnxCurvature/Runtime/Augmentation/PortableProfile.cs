using System.Collections.Frozen;
using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Onnx.Reading;
using OnnxCurvature.Onnx.Writing;
using OnnxCurvature.Ops;
using OnnxCurvature.Passes;

namespace OnnxCurvature.Runtime.Augmentation;

/// <summary>
/// Keeps a program to what most runtimes have: no loops, opset 17 or lower, and for what is added to the model only operators that
/// inference engines besides ONNX Runtime list as supported.
/// </summary>
internal static class PortableProfile
{
    /// <summary>The highest opset that is written.</summary>
    public const int HighestOpset = 17;

    /// <summary>The input that takes the number of the run.</summary>
    public const string RunInput = "direction_chunk";

    private const string Resource = "OnnxCurvature.Runtime.Augmentation.PortableOperators.txt";

    private static readonly Lazy<FrozenSet<string>> Operators = new(Read);

    /// <summary>
    /// The program without loops and without forms of operators that many engines lack, and what runs elsewhere on an engine that is named.
    /// Throws <see cref="UserErrorException"/> where it cannot be, where it needs an operator or an opset that is not portable or that the
    /// engine does not take, or where the model has a value of the name of the run's number.
    /// </summary>
    public static (LoopFreeProgram Program, ImmutableArray<string> Notes) Of(OnnxModel model, Program program, EngineTarget? target)
    {
        if (model.Values.ContainsKey(RunInput))
            throw new UserErrorException(
                $"The model has a value '{RunInput}' of its own, which is the name of an input that --profile portable adds; rename it "
                    + $"in the model."
            );
        var free = LoopRemoval.Run(program, RunInput);
        free = free with { Program = Pipeline.Portable.Run(free.Program) };
        ImmutableArray<string> notes = [];
        if (target is not null)
        {
            var (lowered, others) = target.Lower(free.Program);
            (free, notes) = (free with { Program = lowered }, others);
        }
        foreach (var node in free.Program.Nodes)
            if (node.Output.Name is null && !Operators.Value.Contains(node.Operator.Name))
                throw new UserErrorException(
                    $"The derivative needs {node.Operator.Name}{(node.Origin is { } origin ? $" (of {origin})" : "")}, which many "
                        + $"runtimes do not have; give --profile single-run."
                );
        if (OnnxWriter.MinimumOpset(free.Program) is > HighestOpset and var lowest)
            throw new UserErrorException(
                $"The program needs opset {lowest}, and --profile portable keeps to opset {HighestOpset}; give --profile single-run."
            );
        return (free, notes);
    }

    /// <summary>
    /// The opset that a file is written in where none is asked for: the model's own where it is portable, else the lowest that can say the
    /// program.
    /// </summary>
    public static int OpsetOf(OnnxModel model, Program program) =>
        model.Opset <= HighestOpset ? Math.Max(OnnxWriter.MinimumOpset(program), model.Opset) : OnnxWriter.MinimumOpset(program);

    private static FrozenSet<string> Read()
    {
        using var stream = typeof(PortableProfile).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader
            .ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .ToFrozenSet(StringComparer.Ordinal);
    }
}
