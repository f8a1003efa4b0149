using System.CommandLine;

namespace OnnxCurvature.Cli.Commands;

/// <summary><c>onnx-curvature completion</c>: scripts by which shells complete its commands, options and their words.</summary>
internal static class CompletionCommand
{
    /// <summary>The scripts. Each hands the line to the tool, which answers by the directive <c>suggest</c>.</summary>
    private static readonly Dictionary<string, string> Scripts = new(StringComparer.Ordinal)
    {
        ["bash"] = """
            _onnx_curvature() {
                local IFS=$'\n' word="${COMP_WORDS[COMP_CWORD]}"
                local line="${COMP_LINE#* }" first="${COMP_LINE%% *}"
                COMPREPLY=($(compgen -W "$("$first" "[suggest:$((COMP_POINT - ${#first} - 1))]" "$line" 2>/dev/null)" -- "$word"))
                compopt -o default
            }
            complete -F _onnx_curvature onnx-curvature

            """,
        ["zsh"] = """
            #compdef onnx-curvature
            _onnx_curvature() {
                local line="${BUFFER#* }" first="${BUFFER%% *}"
                local -a found=("${(@f)$("$first" "[suggest:$((CURSOR - ${#first} - 1))]" "$line" 2>/dev/null)}")
                if [[ -n "${found[*]}" ]]; then compadd -- "${found[@]}"; else _files; fi
            }
            compdef _onnx_curvature onnx-curvature

            """,
        ["fish"] = """
            function __onnx_curvature
                set -l line (commandline -cp | string replace -r '^\S+\s' '')
                onnx-curvature "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c onnx-curvature -a '(__onnx_curvature)'

            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName onnx-curvature -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $first, $line = "$commandAst" -split ' ', 2
                & $first "[suggest:$($cursorPosition - $first.Length - 1)]" "$line" 2>$null | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }

            """,
    };

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = $"The shell: {string.Join(", ", Scripts.Keys)}." };
        shell.CompletionSources.Add([.. Scripts.Keys]);
        var command = new ToolCommand("completion", "Print the script by which a shell completes the commands and options of this tool.")
        {
            Examples =
            [
                "onnx-curvature completion bash > ~/.local/share/bash-completion/completions/onnx-curvature",
                "onnx-curvature completion fish > ~/.config/fish/completions/onnx-curvature.fish",
            ],
        };
        command.Add(shell);
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(shell);
            if (!Scripts.TryGetValue(name, out var script))
                throw new UserErrorException($"There is no completion for '{name}'; {Suggestions.Among(name, [.. Scripts.Keys])}.");
            terminal.Output.Write(script);
            return ExitCodes.Success;
        });
        return command;
    }
}
