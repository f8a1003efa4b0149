using System.Globalization;
using Spectre.Console;

namespace OnnxCurvature.Cli;

/// <summary>Where a command writes, and whether a person watches.</summary>
internal sealed class Terminal
{
    // Tables of figures are drawn at least this wide: a narrower window breaks lines, but no number is cut.
    private const int NarrowestTable = 110;

    // Prose is no wider than people read with ease, and has this width where there is no window.
    private const int WidestText = 120;
    private const int DefaultText = 80;

    // The width of a file or a pipe, where nothing wraps.
    private const int Unbounded = 10_000;

    private readonly IAnsiConsole _console;

    /// <summary>A terminal over writers.</summary>
    /// <param name="output">For results.</param>
    /// <param name="error">For errors.</param>
    /// <param name="interactive">Whether the output is a terminal: it is then as wide as that is, is coloured, and shows bars that
    /// move.</param>
    /// <param name="width">The width of the window; null asks the system.</param>
    /// <param name="time">The clock.</param>
    public Terminal(TextWriter output, TextWriter error, bool interactive, int? width = null, TimeProvider? time = null)
    {
        Output = output;
        Error = error;
        IsInteractive = interactive;
        Time = time ?? TimeProvider.System;
        _console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = interactive ? AnsiSupport.Detect : AnsiSupport.No,
                ColorSystem = interactive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                Interactive = interactive ? InteractionSupport.Detect : InteractionSupport.No,
                Out = new AnsiConsoleOutput(output),
            }
        );
        // What the writers' encoding can say is their matter: bars and signs are part of the text.
        _console.Profile.Capabilities.Unicode = true;
        if (!interactive)
            _console.Profile.Width = Unbounded;
        else if (width is { } columns)
            _console.Profile.Width = columns;
    }

    /// <summary>The writer for results.</summary>
    public TextWriter Output { get; }

    /// <summary>The writer for errors.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person watches.</summary>
    public bool IsInteractive { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>How long an interrupted command may take to end by itself.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The width of prose.</summary>
    public int TextWidth => IsInteractive ? Math.Min(_console.Profile.Width, WidestText) : DefaultText;

    /// <summary>The console for progress.</summary>
    public IAnsiConsole Console => _console;

    /// <summary>Writes a line, wrapped at words where a person watches.</summary>
    public void Line(FormattableString line) => Line(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a line, wrapped at words where a person watches.</summary>
    public void Line(string line = "") => _console.Write(new Text(Printable.Line(line) + "\n"));

    /// <summary>Writes a heading.</summary>
    public void Heading(string heading) => _console.Write(new Text(Printable.Line(heading) + "\n", new Style(decoration: Decoration.Bold)));

    /// <summary>Writes a sentence of a list; further lines of it are indented.</summary>
    public void Item(string sentence) =>
        _console.Write(
            new Padder(
                new Grid()
                    .AddColumn(new GridColumn().Width(1).PadRight(1))
                    .AddColumn(new GridColumn().PadRight(0))
                    .AddRow(new Text("-"), new Text(Printable.Line(sentence))),
                new Padding(2, 0, 0, 0)
            )
        );

    /// <summary>Shows what was written to a file, and says that it is there also where there is nothing to show it on.</summary>
    public void ShowWritten(string path, Action show)
    {
        try
        {
            show();
        }
        catch (StandardOutputException exception)
        {
            throw new StandardOutputException($"{exception.Message} All was done, and '{path}' is complete.");
        }
    }

    /// <summary>
    /// Draws a table, an indented one, whose numbers are never cut; without blanks at the ends of lines where nobody watches.
    /// </summary>
    public void Table(Table table)
    {
        if (!IsInteractive)
        {
            using var text = new StringWriter();
            var paper = new Terminal(text, TextWriter.Null, interactive: false);
            paper._console.Write(new Padder(table, new Padding(2, 0, 0, 0)));
            foreach (var line in text.ToString().TrimEnd().Split('\n'))
                Output.WriteLine(line.TrimEnd());
            return;
        }
        var width = _console.Profile.Width;
        _console.Profile.Width = Math.Max(width, NarrowestTable);
        try
        {
            _console.Write(new Padder(table, new Padding(2, 0, 0, 0)));
        }
        finally
        {
            _console.Profile.Width = width;
        }
    }
}
