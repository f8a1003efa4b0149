using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace OnnxCurvature.Cli;

/// <summary><c>--version</c>: the version of the tool, whichever process it is a part of.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <summary>The version, without the name of the commit that follows a plus.</summary>
    public static string Version { get; } =
        typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine($"onnx-curvature {Version}");
        return ExitCodes.Success;
    }
}
