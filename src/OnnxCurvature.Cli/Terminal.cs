using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OnnxCurvature.Cli.Help;
using OnnxCurvature.Cli.Views;
using Spectre.Console;

namespace OnnxCurvature.Cli;

/// <summary>How much a command says.</summary>
internal enum Verbosity
{
    /// <summary>Plan, progress and results.</summary>
    Normal,

    /// <summary>Nothing but errors.</summary>
    Quiet,

    /// <summary>Every phase besides, as lines.</summary>
    Verbose,
}

/// <summary>Where a command writes, and whether a person watches.</summary>
internal sealed class Terminal
{
    // Prose is no wider than people read with ease, and has this width where there is no window.
    private const int WidestText = 120;
    private const int DefaultText = 80;

    // The width of a file or a pipe, where nothing wraps.
    private const int Unbounded = 10_000;

    private const int TableIndent = 2;
    private const int ErrorIndent = 2;

    private readonly IAnsiConsole _console;

    /// <summary>A terminal over writers.</summary>
    /// <param name="output">For results.</param>
    /// <param name="error">For errors and progress.</param>
    /// <param name="interactive">Whether the output is a terminal: it is then as wide as that is, and has bold headings.</param>
    /// <param name="width">The width of the window; null asks the system.</param>
    /// <param name="time">The clock.</param>
    /// <param name="errorInteractive">Whether the standard error is a terminal, where progress is a bar and errors wrap.</param>
    /// <param name="plain">Whether text holds no escape sequences, whatever the terminal takes.</param>
    public Terminal(
        TextWriter output,
        TextWriter error,
        bool interactive,
        int? width = null,
        TimeProvider? time = null,
        bool errorInteractive = false,
        bool plain = false
    )
    {
        Output = output;
        Error = error;
        IsInteractive = interactive;
        IsErrorInteractive = errorInteractive;
        Time = time ?? TimeProvider.System;
        Start = Time.GetTimestamp();
        _console = Create(output, interactive, plain, width);
        ErrorConsole = Create(error, errorInteractive, plain, width);
    }

    /// <summary>The writer for results.</summary>
    public TextWriter Output { get; }

    /// <summary>The writer for errors and progress.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether results go to a person.</summary>
    public bool IsInteractive { get; }

    /// <summary>Whether errors go to a person.</summary>
    public bool IsErrorInteractive { get; }

    /// <summary>How much is said.</summary>
    public Verbosity Verbosity { get; set; }

    /// <summary>Whether text for people is shown.</summary>
    public bool IsQuiet => Verbosity == Verbosity.Quiet;

    /// <summary>Whether every phase is reported.</summary>
    public bool IsVerbose => Verbosity == Verbosity.Verbose;

    /// <summary>Whether progress and errors are lines of JSON.</summary>
    public bool LogsJson { get; set; }

    /// <summary>Whether the standard output belongs to a report for programs, so that no text for people may go there.</summary>
    public bool IsOutputTaken { get; set; }

    /// <summary>Whether progress is a bar that moves.</summary>
    public bool ShowsBar => IsErrorInteractive && ErrorConsole.Profile.Capabilities.Ansi && !LogsJson && !IsVerbose;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>How long an interrupted command may take to end by itself.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>When the command began.</summary>
    public long Start { get; }

    /// <summary>The width of prose.</summary>
    public int TextWidth => IsInteractive ? Math.Min(_console.Profile.Width, WidestText) : DefaultText;

    /// <summary>The console for progress.</summary>
    public IAnsiConsole ErrorConsole { get; }

    private bool IsSilent => IsQuiet || IsOutputTaken;

    /// <summary>Writes a line, wrapped at words where a person watches.</summary>
    public void Line(FormattableString line) => Line(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a line, wrapped at words where a person watches; further lines are indented as the first.</summary>
    public void Line(string line = "")
    {
        if (IsSilent)
            return;
        var text = Printable.Line(line);
        var indent = text[..(text.Length - text.TrimStart(' ').Length)];
        if (text.Length <= _console.Profile.Width)
            Output.WriteLine(text);
        else
            foreach (var part in TextWrap.Lines(text, _console.Profile.Width - indent.Length))
                Output.WriteLine(indent + part);
    }

    /// <summary>Writes a heading.</summary>
    public void Heading(string heading)
    {
        if (!IsSilent)
            _console.Write(new Text(Printable.Line(heading) + "\n", new Style(decoration: Decoration.Bold)));
    }

    /// <summary>Writes a sentence of a list; further lines of it are indented.</summary>
    public void Item(string sentence)
    {
        if (!IsSilent)
            _console.Write(
                new Padder(
                    new Grid()
                        .AddColumn(new GridColumn().Width(1).PadRight(1))
                        .AddColumn(new GridColumn().PadRight(0))
                        .AddRow(new Text("-"), new Text(Printable.Line(sentence))),
                    new Padding(2, 0, 0, 0)
                )
            );
    }

    /// <summary>Draws a table, an indented one, within the width of the window, and without blanks at the ends of lines.</summary>
    public void Table(TextTable table)
    {
        if (IsSilent)
            return;
        var padded = new Padder(table.Fit(_console.Profile.Width - TableIndent), new Padding(TableIndent, 0, 0, 0));
        if (IsInteractive)
        {
            _console.Write(padded);
            return;
        }
        using var text = new StringWriter();
        Create(text, interactive: false, plain: true, width: null).Write(padded);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
            Output.WriteLine(line.TrimEnd());
    }

    /// <summary>Shows what was written to a file, if to any, and says that it is there also where there is nothing to show it on.</summary>
    public void ShowWritten(string? path, Action show)
    {
        try
        {
            show();
        }
        catch (StandardOutputException exception) when (path is not null)
        {
            throw new StandardOutputException($"{exception.Message} All was done, and '{path}' is complete.");
        }
    }

    /// <summary>Writes a line about the work to the standard error; whether it arrives changes nothing.</summary>
    public void Log(string line)
    {
        try
        {
            Error.WriteLine(line);
            Error.Flush();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // Nobody listens any more.
        }
    }

    /// <summary>Writes an event as one line of JSON to the standard error.</summary>
    public void Log(string name, Action<Utf8JsonWriter> properties)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            properties(json);
            json.WriteEndObject();
        }
        Log(Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>Writes an error, wrapped at words where a person reads it, and as a line of JSON where programs do.</summary>
    public void Fail(int code, string message)
    {
        if (LogsJson)
            Log(
                "error",
                json =>
                {
                    json.WriteNumber("exitCode", code);
                    json.WriteString("message", message);
                }
            );
        else if (!IsErrorInteractive)
            Log(message);
        else
            foreach (var line in message.Split('\n'))
            {
                var width = Math.Min(ErrorConsole.Profile.Width, WidestText) - ErrorIndent;
                Log(string.Join($"\n{new string(' ', ErrorIndent)}", TextWrap.Lines(line, width)));
            }
    }

    private static IAnsiConsole Create(TextWriter writer, bool interactive, bool plain, int? width)
    {
        // NO_COLOR asks for no escape sequences of colour; bold and dim are none, but readers of plain text expect none of them either.
        var isPlain = plain || !interactive || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = isPlain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = isPlain ? InteractionSupport.No : InteractionSupport.Detect,
                Out = new AnsiConsoleOutput(writer),
            }
        );
        // The characters of the writers' encoding are their matter: bars and signs are part of the text.
        console.Profile.Capabilities.Unicode = true;
        if (!interactive)
            console.Profile.Width = Unbounded;
        else if (width is { } columns)
            console.Profile.Width = columns;
        return console;
    }
}
