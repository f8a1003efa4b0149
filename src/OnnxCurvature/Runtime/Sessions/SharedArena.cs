using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// One pool of the processor's memory for all sessions of a run. A session takes the memory that the one before has given back. A pool
/// of its own would ask the system for memory, which is then cleared page by page. The pool is given up with the last run that uses it.
/// </summary>
internal sealed class SharedArena : IDisposable
{
    private static readonly Lock Gate = new();
    private static int _users;
    private static bool _isOurs;
    private bool _isDisposed;

    private SharedArena() { }

    /// <summary>The session option that makes a session use the pool.</summary>
    public const string SessionEntry = "session.use_env_allocators";

    /// <summary>Takes the pool into use. ONNX Runtime must have started.</summary>
    /// <param name="expected">
    /// The most bytes that values are expected to take at one time. They get one piece of address space at the start, in which what is
    /// given back lies together; memory is what has been written to.
    /// </param>
    public static SharedArena Use(double expected)
    {
        lock (Gate)
            if (_users++ == 0)
                _isOurs = Register((int)Math.Min(expected, int.MaxValue));
        return new SharedArena();
    }

    /// <summary>
    /// Gives back to the system what has been added to the pool and nothing uses. ONNX Runtime does so at the end of a run, so a small
    /// program is run.
    /// </summary>
    public static void GiveBackUnused()
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Scalar));
        var program = Program.Create([x], [new NamedValue("y", Neg.Of(b, x))]);
        var settings = new OrtSettings(".", ExecutionProvider.Cpu, 1) { SharesArena = true, GivesBackUnused = true };
        using var session = new OrtProgram(program, settings);
        using var value = OrtTensors.Sparse(ElementType.Float32, [], [(0, 1)]);
        foreach (var output in session.Run([value], _ => true, CancellationToken.None))
            output.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            if (--_users > 0 || !_isOurs)
                return;
            using var memory = Memory();
            OrtEnv.Instance().UnregisterAllocator(memory);
        }
    }

    private static bool Register(int initialBytes)
    {
        using var memory = Memory();
        using var configuration = new OrtArenaCfg(0, -1, initialBytes, -1);
        try
        {
            OrtEnv.Instance().CreateAndRegisterAllocator(memory, configuration);
            return true;
        }
        catch (OnnxRuntimeException)
        {
            // The program around this library has registered one, which serves as well.
            return false;
        }
    }

    private static OrtMemoryInfo Memory() => new(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
}
