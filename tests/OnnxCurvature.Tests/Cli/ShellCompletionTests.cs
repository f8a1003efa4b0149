using OnnxCurvature.Cli;
using OnnxCurvature.Tests.Files;
using Xunit;

namespace OnnxCurvature.Tests.Cli;

/// <summary>The scripts for shells, within these shells.</summary>
[Trait("Category", "Slow")]
public sealed class ShellCompletionTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public ShellCompletionTests()
    {
        // The tool under the name that the scripts complete.
        var tool = _folder.File("onnx-curvature");
        var program = Path.Combine(AppContext.BaseDirectory, "onnx-curvature.dll");
        File.WriteAllText(tool, $"#!/bin/sh\nexec dotnet '{program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(_folder.File("net.onnx"), "");
    }

    /// <summary>A command line, and how its last word ends in every shell.</summary>
    public static TheoryData<string, string> Lines =>
        new()
        {
            { "onnx-curvature ins", "inspect" },
            { "onnx-curvature run net.onnx --loss cross", "cross-entropy" },
            { "onnx-curvature run net.onnx --loss=cross", "--loss=cross-entropy" },
            { "onnx-curvature run net.onnx --quantity loss,hessian-d", "loss,hessian-diagonal" },
            { "cd . ; onnx-curvature run net.onnx --wr", "--wrt" },
        };

    [Theory]
    [MemberData(nameof(Lines))]
    public void Bash_completes(string line, string word)
    {
        var command = line[line.IndexOf("onnx-", StringComparison.Ordinal)..];
        // Bash breaks words at blanks and equality signs, which are words of their own.
        var words = string.Join(' ', command.Replace("=", " = ", StringComparison.Ordinal).Split(' ').Select(part => $"'{part}'"));
        var found = Run(
            "bash",
            "-c",
            $"""
            source '{Script("bash")}'
            compopt() (:)
            COMP_LINE='{command}' COMP_POINT={command.Length} COMP_WORDS=({words})
            COMP_CWORD=$((${"{#COMP_WORDS[@]}"} - 1))
            _onnx_curvature
            printf '%s\n' "${"{COMPREPLY[@]}"}"
            """
        );
        Assert.Equal(word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..], found.Trim());
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void Fish_completes(string line, string word) =>
        Assert.Equal(word, Run("fish", "--no-config", "-c", $"source '{Script("fish")}'; complete -C '{line}'").Trim());

    [Fact]
    public void Fish_completes_files()
    {
        var found = Run("fish", "--no-config", "-c", $"source '{Script("fish")}'; complete -C 'onnx-curvature run ne'");
        Assert.Equal("net.onnx", found.Trim());
    }

    /// <summary>The first completion of a session, by which Zsh loads the script.</summary>
    [Theory]
    [MemberData(nameof(Lines))]
    public void Zsh_completes(string line, string word)
    {
        File.Copy(Script("zsh"), _folder.File("_onnx_curvature"));
        var script = _folder.File("session.zsh");
        File.WriteAllText(
            script,
            $"""
            zmodload zsh/zpty
            zpty session zsh -f -i
            zpty -w session "PS1= fpath=('{_folder.Path}' \$fpath); autoload -Uz compinit; compinit -u -D; print READY\${"{:-}"}-"
            zpty -r session shown '*READY-*'
            zpty -w -n session $'{line}\t'
            zpty -r session shown '*{word}*'
            print -r -- "$shown"
            zpty -d session
            """
        );
        Assert.Contains(word, Run("zsh", "-f", script), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public void PowerShell_completes(string line, string word)
    {
        var found = Run(
            "pwsh",
            "-NoProfile",
            "-Command",
            $"""
            Invoke-Expression (Get-Content -Raw '{Script("pwsh")}')
            [System.Management.Automation.CommandCompletion]::CompleteInput('{line}', {line.Length}, $null).CompletionMatches.CompletionText
            """
        );
        Assert.Equal(word, found.Trim());
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The file of the script for a shell.</summary>
    private string Script(string shell)
    {
        var path = _folder.File($"script.{shell}");
        var run = ToolRun.Of(new FakeService(), "completion", shell);
        Assert.Equal(ExitCodes.Success, run.Code);
        File.WriteAllText(path, run.Output);
        return path;
    }

    private string Run(string shell, params string[] arguments)
    {
        Assert.SkipWhen(!Runtimes.Programs.Exists(shell), $"{shell} is not installed.");
        var path = $"{_folder.Path}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        var (code, output, errors) = Runtimes.Programs.Run(shell, arguments, Limit, _folder.Path, ("PATH", path));
        Assert.True(code == 0, errors);
        return output;
    }
}
