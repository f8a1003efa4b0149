using System.Text.RegularExpressions;

namespace OnnxCurvature.Tests.Architecture;

/// <summary>Conditional operators of C# that stand between the two signs of another one, as in a ? b ? c : d : e.</summary>
internal static partial class NestedConditionals
{
    /// <summary>The numbers of the lines of their first signs.</summary>
    public static IEnumerable<int> In(string code)
    {
        // For each bracket that is open: how many conditionals wait for their second sign.
        var waiting = new Stack<int>([0]);
        var line = 1;
        foreach (var token in Token().Matches(code).Select(match => match.Value))
            switch (token.Trim())
            {
                case "?":
                    line += token.Count(character => character == '\n');
                    if (waiting.Peek() > 0)
                        yield return line;
                    waiting.Push(waiting.Pop() + 1);
                    break;
                case ":":
                    line += token.Count(character => character == '\n');
                    waiting.Push(Math.Max(0, waiting.Pop() - 1));
                    break;
                case "(" or "[" or "{":
                    waiting.Push(0);
                    break;
                case ")" or "]" or "}":
                    if (waiting.Count > 1)
                        waiting.Pop();
                    break;
                case ";" or ",":
                    waiting.Pop();
                    waiting.Push(0);
                    break;
                default:
                    line += token.Count(character => character == '\n');
                    break;
            }
    }

    // Comments and texts are tokens of their own, so that signs in them do not count.
    [GeneratedRegex("""//.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\])'|\s\?(?=\s)|\s:(?=\s)|[()\[\]{};,]|\n""")]
    private static partial Regex Token();
}
