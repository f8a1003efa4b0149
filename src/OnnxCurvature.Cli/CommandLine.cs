using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using OnnxCurvature.Cli.Arguments;
using OnnxCurvature.Cli.Commands;
using OnnxCurvature.Cli.Views;
using OnnxCurvature.Runtime.Bounds;
using OnnxCurvature.Runtime.Checkpoints;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Cli;

/// <summary>The command line of the tool: parsing, help, and what becomes of errors.</summary>
internal sealed class CommandLine
{
    private static readonly string[] Examples =
    [
        "onnx-curvature inspect vgg16.onnx",
        "onnx-curvature run vgg16.onnx -o conv4_3.npz --wrt conv4_3.weight --loss cross-entropy --data image=images.npy labels=labels.npy",
    ];

    private readonly Terminal _terminal;
    private readonly MessageArguments _messages = new();

    /// <summary>A command line over a library and a terminal.</summary>
    public CommandLine(ICurvatureService service, Terminal terminal)
    {
        _terminal = terminal;
        Root = new RootCommand("Gradients and exact Hessian diagonals of ONNX models.")
        {
            InspectCommand.Create(service, terminal),
            AugmentCommand.Create(service, terminal),
            RunCommand.Create(service, terminal),
            VerifyCommand.Create(service, terminal),
            AnalyzeCommand.Create(terminal),
            SensitivityCommand.Create(terminal),
            PruneCommand.Create(terminal),
            ImportanceCommand.Create(terminal),
            LaplaceCommand.Create(terminal),
            SpectrumCommand.Create(terminal),
            MergeCommand.Create(service, terminal),
            CalibrateCommand.Create(terminal),
            CompletionCommand.Create(terminal),
        };
        foreach (var option in _messages.Options)
            Root.Add(option);
        foreach (var option in Root.Subcommands.SelectMany(command => command.Options).Concat(Root.Options))
            AddWords(option);
        Root.HelpName = "onnx-curvature";
        var version = Root.Options.OfType<VersionOption>().Single();
        version.Description = "Show the version.";
        version.Action = new VersionAction();
        var help = Root.Options.OfType<HelpOption>().Single();
        help.Description = "Show this help.";
        help.Action = new Help.HelpAction(terminal, Examples, isWhole: false);
        var suggest = Root.Directives.OfType<SuggestDirective>().Single();
        suggest.Action = new CompletionAction(Root, suggest);
        Root.Add(
            new Option<bool>("--help-all")
            {
                Description = "Show every option with its whole text.",
                Recursive = true,
                Action = new Help.HelpAction(terminal, Examples, isWhole: true),
            }
        );
    }

    /// <summary>All commands.</summary>
    public RootCommand Root { get; }

    /// <summary>Offers the words of options that take one of a few, which the name of their value lists.</summary>
    private static void AddWords(Option option)
    {
        // Words in capitals stand for others, as N:M and FILE.
        if (option.HelpName?.Split('|') is { Length: > 1 } words && words.Where(IsPlain).ToArray() is { Length: > 0 } plain)
            option.CompletionSources.Add(plain);

        static bool IsPlain(string word) =>
            word.Any(char.IsAsciiLetterOrDigit)
            && word.All(sign => char.IsAsciiLetterLower(sign) || char.IsAsciiDigit(sign) || sign == '-');
    }

    /// <summary>Whether paths that are relative lead anywhere.</summary>
    private static bool HasWorkingFolder()
    {
        try
        {
            return Directory.Exists(Directory.GetCurrentDirectory());
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Parses and does what was asked. Returns the exit code, one of <see cref="ExitCodes"/>.</summary>
    public async Task<int> Run(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        ParseResult? parsed = null;
        try
        {
            return await Interruptible(
                () =>
                {
                    // Reads files of arguments, which may be pipes that nobody writes to.
                    var files = new ResponseFile();
                    parsed = Root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = files.Replace });
                    _messages.Apply(parsed, _terminal);
                    // An option that is missing where a file was not taken is no error of its own.
                    if ((files.Error ?? ParseErrors.Describe(parsed, files.Missing)) is { } sentence)
                        throw new UserErrorException(sentence);
                    MemoryBound.CheckSystem();
                    return parsed.InvokeAsync(
                        new InvocationConfiguration
                        {
                            Output = _terminal.Output,
                            Error = _terminal.Error,
                            EnableDefaultExceptionHandler = false,
                            // Program turns signals into the token; here a second handler would end the process before partial files are
                            // removed.
                            ProcessTerminationTimeout = null,
                        },
                        cancellation
                    );
                },
                cancellation
            );
        }
        catch (UserErrorException exception)
        {
            return Fail(ExitCodes.UserError, $"error: {exception.Message.Trim()}");
        }
        catch (DisagreementException exception)
        {
            return Fail(ExitCodes.Disagreement, CheckView.Describe(exception.Report));
        }
        catch (InterruptedRunException exception)
        {
            return Fail(ExitCodes.Interrupted, $"interrupted; {exception.Message}");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return Fail(ExitCodes.Interrupted, "interrupted; nothing was written.");
        }
        catch (Exception exception) when (Scarcity.IsCauseOf(exception))
        {
            return Fail(
                ExitCodes.UserError,
                "error: There is not enough memory; give a smaller --memory or --batch-size, or let the process have more."
            );
        }
        catch (Exception) when (!HasWorkingFolder())
        {
            return Fail(ExitCodes.UserError, "error: The working folder has been removed; change to one that there is.");
        }
        catch (Exception exception)
        {
            if (parsed?.GetValue(_messages.Debug) == true)
                return Fail(ExitCodes.InternalError, $"internal error: {exception}");
            var what = exception as InternalErrorException ?? new InternalErrorException(exception);
            return Fail(
                ExitCodes.InternalError,
                $"internal error {Printable.Line(what.Message)}; please report it, with the model and what the same command prints "
                    + $"with --debug."
            );
        }
    }

    /// <summary>
    /// Waits for a command, but once it is interrupted no longer than <see cref="Terminal.Patience"/>: planning, and making a session, know
    /// no interruption. Its half-written files have names of their own, and the next write to their place removes them.
    /// </summary>
    private async Task<int> Interruptible(Func<Task<int>> command, CancellationToken cancellation)
    {
        var work = Task.Run(command, CancellationToken.None);
        if (!cancellation.CanBeCanceled)
            return await work;
        using var ended = new ManualResetEvent(false);
        var (patience, interrupted) = (new TaskCompletionSource(), cancellation.WaitHandle);
        // A thread of its own: those of the pool may all be at work on what is to be interrupted.
        var watch = new Thread(() =>
        {
            if (WaitHandle.WaitAny([ended, interrupted]) != 0 && !ended.WaitOne(_terminal.Patience))
                patience.TrySetResult();
        })
        {
            IsBackground = true,
        };
        watch.Start();
        if (await Task.WhenAny(work, patience.Task) != work)
            cancellation.ThrowIfCancellationRequested();
        ended.Set();
        // The caller may dispose of what the thread waits for.
        watch.Join();
        return await work;
    }

    private int Fail(int code, string message)
    {
        try
        {
            _terminal.Output.Flush();
        }
        catch (StandardOutputException)
        {
            // The error is reported all the same.
        }
        _terminal.Fail(code, message);
        return code;
    }
}
