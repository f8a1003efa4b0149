using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace OnnxCurvature.Cli;

/// <summary><c>--version</c>: the version of the tool, whichever process it is a part of.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var version = typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        // What follows a plus names the commit.
        parseResult.InvocationConfiguration.Output.WriteLine($"onnx-curvature {version.Split('+')[0]}");
        return ExitCodes.Success;
    }
}
