using OnnxCurvature.Ir;

namespace OnnxCurvature.Ops;

/// <summary>
/// The windows of a single image as rows of a table, from which single windows are gathered without laying all of them out.
/// </summary>
internal interface IWindowTable
{
    /// <summary>For output positions of any shape the indices of their windows' first entries.</summary>
    Value Starts(GraphBuilder b, Value positions);

    /// <summary>
    /// The windows that begin at indices <paramref name="first"/> [n], [n, T * C]: in each the T kernel positions come first, and the
    /// channels of each lie together.
    /// </summary>
    Value Gather(GraphBuilder outer, GraphBuilder b, Value first);

    /// <summary>Rows [.., T * C] of such windows in the order of a weight, [.., C * T].</summary>
    Value InOrder(GraphBuilder b, Value rows);
}
