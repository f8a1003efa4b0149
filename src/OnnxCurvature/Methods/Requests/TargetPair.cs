namespace OnnxCurvature.Methods.Requests;

/// <summary>Two targets that a block of the Hessian is of.</summary>
/// <param name="First">The target of the rows.</param>
/// <param name="Second">The target of the columns.</param>
internal sealed record TargetPair(Target First, Target Second)
{
    /// <summary>The name that results have: <c>w,b</c>.</summary>
    public string Name => $"{First.Name},{Second.Name}";

    /// <summary>Every two of some targets, in their order. Throws <see cref="UserErrorException"/> where there is only one.</summary>
    public static IEnumerable<TargetPair> All(IReadOnlyList<Target> targets) =>
        targets.Count > 1
            ? targets.SelectMany((first, index) => targets.Skip(index + 1).Select(second => new TargetPair(first, second)))
            : throw new UserErrorException(
                $"The {Quantity.CrossHessian.Name()} is of two targets, and only '{targets[0].Name}' is named; name another with --wrt."
            );
}
