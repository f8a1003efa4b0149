using System.Collections.Immutable;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;

namespace OnnxCurvature.Passes;

/// <summary>Passes in the order in which they run.</summary>
internal sealed class Pipeline
{
    /// <summary>The switch of <see cref="AppContext"/> that has every pass verified; it is on in builds for debugging.</summary>
    public const string VerifiesSwitch = "OnnxCurvature.VerifyPasses";

    private static readonly bool Verifies = AppContext.TryGetSwitch(VerifiesSwitch, out var isOn) ? isOn :
#if DEBUG
        true;
#else
        false;
#endif

    private readonly ImmutableArray<IPass> _passes;

    internal Pipeline(params ImmutableArray<IPass> passes) => _passes = passes;

    /// <summary>Programs without needless nodes, of operators as they are derived.</summary>
    public static Pipeline Simplification { get; } = new(new Simplifier());

    private static readonly Pipeline ForCpu = new(new Float64Lowering(ExecutionProvider.Cpu), new Simplifier());
    private static readonly Pipeline ForCuda = new(new Float64Lowering(ExecutionProvider.Cuda), new Simplifier());
    private static readonly Pipeline LoweringForCpu = new(new Float64Lowering(ExecutionProvider.Cpu));
    private static readonly Pipeline LoweringForCuda = new(new Float64Lowering(ExecutionProvider.Cuda));

    /// <summary>Programs as ONNX Runtime is to compute them.</summary>
    public static Pipeline For(ExecutionProvider provider) => provider == ExecutionProvider.Cuda ? ForCuda : ForCpu;

    /// <summary>Programs of nodes that ONNX Runtime has kernels of, and otherwise as they are.</summary>
    public static Pipeline Lowering(ExecutionProvider provider) => provider == ExecutionProvider.Cuda ? LoweringForCuda : LoweringForCpu;

    /// <summary>Programs whose norms are folded into weights, for a session that runs once.</summary>
    public static Pipeline FoldedNorms { get; } = new(new NormFolding());

    /// <summary>Programs in forms of operators that most engines have.</summary>
    public static Pipeline Portable { get; } = new(new EngineForms(EngineGaps.ReversedSlices));

    /// <summary>Programs in forms that an engine takes.</summary>
    /// <param name="gaps">The forms that it does not take.</param>
    /// <param name="operators">The operators that it has; null for all.</param>
    public static Pipeline ForEngine(EngineGaps gaps, IReadOnlySet<string>? operators) =>
        new([
            new EngineForms(gaps, operators),
            .. gaps.HasFlag(EngineGaps.Integers) ? [new FloatArithmetic()] : Array.Empty<IPass>(),
            .. gaps.HasFlag(EngineGaps.Vectors) ? [new MatrixForms()] : Array.Empty<IPass>(),
            .. gaps.HasFlag(EngineGaps.SharedConstants) ? [new ConstantCopies()] : Array.Empty<IPass>(),
        ]);

    /// <summary>Programs of nodes that an opset has, as far as they can be put together from such.</summary>
    public static Pipeline ForOpset(int opset) => new(new OpsetForms(opset));

    /// <summary>The passes, in order.</summary>
    public IEnumerable<string> Passes => _passes.Select(pass => pass.Name);

    /// <summary>
    /// The program after all passes. Throws <see cref="UserErrorException"/> for a node that a provider cannot compute, and, where passes
    /// are verified, <see cref="InvalidOperationException"/> for a pass that leaves a program which is none.
    /// </summary>
    public Program Run(Program program)
    {
        foreach (var pass in _passes)
            program = Verified(pass, program, pass.Run(program));
        return program;
    }

    /// <summary>A body that stands alone takes values from around it, and is verified with the program that it comes into.</summary>
    private static Program Verified(IPass pass, Program before, Program program)
    {
        if (!Verifies || program == before || GraphWalk.Captures(before).Any(value => value.Constant is null))
            return program;
        try
        {
            ProgramVerifier.Verify(program);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidOperationException($"After the pass '{pass.Name}': {exception.Message}", exception);
        }
        return program;
    }
}
