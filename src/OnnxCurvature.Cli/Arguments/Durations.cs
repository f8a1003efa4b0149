using System.CommandLine.Parsing;
using System.Globalization;

namespace OnnxCurvature.Cli.Arguments;

/// <summary>Times with a unit: <c>30s</c>, <c>5m</c>, <c>1.5h</c>.</summary>
internal static class Durations
{
    /// <summary>A parser of an option's value, which reports a value that cannot be taken in one sentence.</summary>
    public static Func<ArgumentResult, TimeSpan?> Parser(string option) =>
        result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (Parse(text) is { } time)
                return time;
            result.AddError($"{option} '{text}' is no time; give a number with a unit, for instance 30s, 5m or 1h.");
            return null;
        };

    private static TimeSpan? Parse(string text)
    {
        double? unit = text switch
        {
            [.., 's'] => 1,
            [.., 'm'] => 60,
            [.., 'h'] => 3600,
            _ => null,
        };
        var isNumber = double.TryParse(
            text.AsSpan(0, Math.Max(text.Length - 1, 0)),
            NumberStyles.Float,
            CultureInfo.InvariantCulture,
            out var number
        );
        return unit is { } seconds && isNumber && number is >= 0 and <= 1e6 ? TimeSpan.FromSeconds(number * seconds) : null;
    }
}
