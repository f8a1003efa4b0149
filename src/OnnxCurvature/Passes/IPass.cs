using OnnxCurvature.Ir;

namespace OnnxCurvature.Passes;

/// <summary>
/// A rewriting of programs, which a <see cref="Pipeline"/> runs. It takes any program that <see cref="ProgramVerifier"/> accepts, and gives
/// one with the same parameters, the same names and types of outputs, and the same values in exact arithmetic. Where there is nothing to
/// do it gives the program that it was given. The remarks of a pass say what else it requires, and what it ensures.
/// </summary>
internal interface IPass
{
    /// <summary>The name, for messages.</summary>
    string Name { get; }

    /// <summary>The rewritten program.</summary>
    Program Run(Program program);
}
