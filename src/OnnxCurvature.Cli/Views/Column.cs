namespace OnnxCurvature.Cli.Views;

/// <summary>How the cells of a column give way in a narrow window.</summary>
internal enum ColumnKind
{
    /// <summary>Names, which lose their middle.</summary>
    Name,

    /// <summary>Words, which wrap.</summary>
    Text,

    /// <summary>Numbers, which stay whole, aligned to the right.</summary>
    Number,
}

/// <summary>A column of a table.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Kind">How its cells give way.</param>
/// <param name="Dispensable">The larger, the sooner a narrow table leaves the column out; 0 for one that stays.</param>
internal sealed record Column(string Title, ColumnKind Kind, int Dispensable)
{
    /// <summary>A column of names.</summary>
    public static Column Name(string title, int dispensable = 0) => new(title, ColumnKind.Name, dispensable);

    /// <summary>A column of words.</summary>
    public static Column Text(string title, int dispensable = 0) => new(title, ColumnKind.Text, dispensable);

    /// <summary>A column of numbers.</summary>
    public static Column Number(string title, int dispensable = 0) => new(title, ColumnKind.Number, dispensable);
}
