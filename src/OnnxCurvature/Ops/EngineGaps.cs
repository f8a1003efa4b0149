namespace OnnxCurvature.Ops;

/// <summary>Forms of operators that an engine does not take, or computes wrongly, so that programs for it say them by others.</summary>
[Flags]
internal enum EngineGaps
{
    /// <summary>The engine takes every form of the operators that it has.</summary>
    None = 0,

    /// <summary>Slice with a negative step.</summary>
    ReversedSlices = 1,

    /// <summary>Pad with a negative width, which cuts.</summary>
    CuttingPads = 2,

    /// <summary>Tile.</summary>
    Tiles = 4,

    /// <summary>The second output of MaxPool, which holds the positions of the greatest entries.</summary>
    PoolingPositions = 8,

    /// <summary>AveragePool that counts the padding.</summary>
    CountedPadding = 16,

    /// <summary>
    /// Gather by constant indices, Pad, reductions, Neg and Abs of what holds no input, and a first factor of two products that holds
    /// none.
    /// </summary>
    ConstantData = 32,

    /// <summary>Trilu.</summary>
    Triangles = 64,

    /// <summary>Arithmetic of integers and of booleans, and constants of booleans: all of that is done in float32.</summary>
    Integers = 128,

    /// <summary>Arithmetic of scalars and of vectors: they are held as matrices of one row.</summary>
    Vectors = 256,

    /// <summary>ConvTranspose with a kernel that depends on an input.</summary>
    ComputedTransposedKernels = 512,

    /// <summary>Reductions over several axes.</summary>
    WideReductions = 1024,

    /// <summary>
    /// One constant, or one value of constants alone, that is an operand of a node and a parameter of another, or is concatenated twice.
    /// </summary>
    SharedConstants = 2048,

    /// <summary>An input of the graph that no node uses.</summary>
    UnusedInputs = 4096,
}
