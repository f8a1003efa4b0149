using OnnxCurvature.Ir;
using OnnxCurvature.Methods.Columns;
using OnnxCurvature.Methods.Requests;

namespace OnnxCurvature.Methods.Terms;

/// <summary>A way to compute one quantity of one target, or a term of it, from columns.</summary>
public interface IColumnMethod
{
    /// <summary>The target.</summary>
    Target Target { get; }

    /// <summary>How the columns are put together, for the plan.</summary>
    string Description { get; }

    /// <summary>The number of columns.</summary>
    long Columns { get; }

    /// <summary>Methods of one kind can share the columns of a stage.</summary>
    object Kind { get; }

    /// <summary>Adds the method's work to a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="columns">The columns [K, *z] that methods of this kind share, made by <see cref="MakeColumns"/>.</param>
    /// <returns>Builds the result after the stage is closed: a value of the target's result type.</returns>
    Func<Value> Build(ColumnStage stage, ColumnPair columns);

    /// <summary>Makes a chunk's columns in the body of a stage.</summary>
    ColumnPair MakeColumns(ColumnStage stage);
}
