using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;

namespace OnnxCurvature.Methods.Contractions;

/// <summary>A way to put the diagonal together from columns.</summary>
public interface IContraction
{
    /// <summary>How it is done, for the plan.</summary>
    string Description { get; }

    /// <summary>Adds the work on a chunk of columns [K, *z] to a stage; the result builds the diagonal [G, rows, J] after the stage is closed.</summary>
    Func<Value> Build(ColumnStage stage, ColumnPair columns);
}
