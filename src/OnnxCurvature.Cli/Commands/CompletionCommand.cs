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
                local point=$((COMP_POINT - ${#first} - 1))
                # Bash breaks words at '=', and completes what follows it.
                [[ "$word" == "=" ]] && word=""
                local whole="${line:0:point}"
                local kept="${whole##* }"
                kept="${kept%"$word"}"
                COMPREPLY=($(compgen -W "$("$first" "[suggest:$point]" "$line" 2>/dev/null)" -- "$kept$word"))
                COMPREPLY=("${COMPREPLY[@]#"$kept"}")
                compopt -o default
            }
            complete -F _onnx_curvature onnx-curvature

            """,
        ["zsh"] = """
            #compdef onnx-curvature
            _onnx_curvature() {
                local line="${(j: :)words[2,CURRENT]}"
                local -a found=("${(@f)$(${~words[1]} "[suggest:${#line}]" "$line" 2>/dev/null)}")
                if [[ -n "${found[*]}" ]]; then
                    compadd -- "${found[@]}"
                else
                    compset -P '*='
                    _files
                fi
            }
            # The first completion of a session runs this file as the function.
            if [[ "${funcstack[1]}" == _onnx_curvature ]]; then
                _onnx_curvature "$@"
            else
                compdef _onnx_curvature onnx-curvature
            fi

            """,
        ["fish"] = """
            function __onnx_curvature_words
                set -l words (commandline -opc) (commandline -ct)
                set -l line (string join ' ' -- $words[2..])
                set -g __onnx_curvature_found ($words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
                test -n "$__onnx_curvature_found"
            end
            complete -c onnx-curvature -n __onnx_curvature_words -f -a '$__onnx_curvature_found'

            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName onnx-curvature -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $first = $commandAst.CommandElements[0]
                $script = $first.Extent.StartScriptPosition.GetFullScript()
                $start = [Math]::Min($first.Extent.EndOffset, $cursorPosition)
                $line = $script.Substring($start, $cursorPosition - $start).TrimStart()
                $found = & $commandAst.GetCommandName() "[suggest:$($line.Length)]" "$line" 2>$null
                if ($found) {
                    $found | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
                } elseif ($wordToComplete -match '^([^=]+=)(.*)$') {
                    $kept = $Matches[1]
                    [System.Management.Automation.CompletionCompleters]::CompleteFilename($Matches[2]) | ForEach-Object {
                        $path = $kept + $_.CompletionText
                        [System.Management.Automation.CompletionResult]::new($path, $_.ListItemText, 'ProviderItem', $_.ToolTip)
                    }
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
