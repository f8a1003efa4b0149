using Microsoft.ML.OnnxRuntime;
using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Elementwise;

namespace OnnxCurvature.Runtime.Sessions;

/// <summary>
/// One pool of the processor's memory for all sessions of a run. A session takes the memory that the one before has given back. A pool
/// of its own would ask the system for memory, which is then cleared page by page. The pool is given up with the run that uses it.
/// </summary>
internal sealed class SharedArena : IDisposable
{
    private static readonly Lock Access = new();
    private static bool _isInUse;
    private readonly bool _isOurs;
    private bool _isDisposed;

    private SharedArena(bool isOurs, bool holdsLimit) => (_isOurs, HoldsLimit) = (isOurs, holdsLimit);

    /// <summary>The session option that makes a session use the pool.</summary>
    public const string SessionEntry = "session.use_env_allocators";

    /// <summary>Whether allocations fail that would exceed the most bytes of the pool.</summary>
    public bool HoldsLimit { get; }

    /// <summary>
    /// Takes the pool into use; null where another run has it, whose limit is not this one's. ONNX Runtime must have started.
    /// </summary>
    /// <param name="size">
    /// The bytes that values are expected to take, and the most that they may take. They get one piece of address space at the start, in
    /// which what is given back lies together; memory is what has been written to.
    /// </param>
    public static SharedArena? Use(PoolSize size)
    {
        lock (Access)
        {
            if (_isInUse)
                return null;
            _isInUse = true;
            var isOurs = Register(size);
            if (isOurs)
                AskForHugePages(First(size));
            return new SharedArena(isOurs, isOurs && size.IsLimit);
        }
    }

    /// <summary>
    /// Gives back to the system what has been added to the pool and nothing uses. ONNX Runtime does so at the end of a run, so a small
    /// program is run.
    /// </summary>
    public static void GiveBackUnused()
    {
        RunSmall(givesBack: true, _ => { });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Access)
        {
            if (_isDisposed)
                return;
            (_isDisposed, _isInUse) = (true, false);
            if (!_isOurs)
                return;
            using var memory = Memory();
            OrtEnv.Instance().UnregisterAllocator(memory);
        }
    }

    private static bool Register(PoolSize size)
    {
        // Zero stands for no limit.
        var most = size.IsLimit ? (uint)Math.Max(1, size.Most ?? 0) : 0;
        using var memory = Memory();
        using var configuration = new OrtArenaCfg(most, -1, First(size), -1);
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

    /// <summary>The bytes of the first piece of address space.</summary>
    private static int First(PoolSize size) => (int)Math.Min(Math.Min(size.Expected, size.Most ?? size.Expected), int.MaxValue);

    /// <summary>The pool takes its first piece for the first value, and fills it from below.</summary>
    private static void AskForHugePages(int first)
    {
        if (first >= HugePages.PageBytes)
            RunSmall(givesBack: false, value => HugePages.Ask(value, first - HugePages.PageBytes));
    }

    /// <summary>Runs a program of one node.</summary>
    /// <param name="givesBack">Whether the run gives back what nothing uses.</param>
    /// <param name="look">Receives the address of its value, which lies in the pool.</param>
    private static unsafe void RunSmall(bool givesBack, Action<nint> look)
    {
        var b = new GraphBuilder();
        var x = b.Parameter(new TensorType(ElementType.Float32, TensorShape.Scalar));
        var program = Program.Create([x], [new NamedValue("y", Neg.Of(b, x))]);
        var settings = new OrtSettings(".", ExecutionProvider.Cpu, 1) { SharesArena = true, GivesBackUnused = givesBack };
        using var session = new OrtProgram(program, settings);
        using var input = new SparseTensor(ElementType.Float32, [], [(0, 1)]);
        var output = session.Run([input.Value], _ => true, CancellationToken.None)[0];
        using (output)
            fixed (byte* address = output.GetTensorMutableRawData())
                look((nint)address);
    }

    private static OrtMemoryInfo Memory() => new(OrtMemoryInfo.allocatorCPU, OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
}

/// <summary>The bytes of a pool of memory.</summary>
/// <param name="Expected">The bytes that it is expected to take.</param>
/// <param name="Most">The most that it may take; null for no limit.</param>
internal readonly record struct PoolSize(double Expected, double? Most)
{
    /// <summary>Whether ONNX Runtime can be given the limit: larger ones it takes through other languages only.</summary>
    public bool IsLimit => Most < uint.MaxValue;
}
