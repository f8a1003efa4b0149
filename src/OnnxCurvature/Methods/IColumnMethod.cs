using OnnxCurvature.Ir;

namespace OnnxCurvature.Methods;

/// <summary>A way to compute one quantity of one target from columns.</summary>
public interface IColumnMethod
{
    /// <summary>The target.</summary>
    Target Target { get; }

    /// <summary>The method's name, for the plan.</summary>
    string Name { get; }

    /// <summary>One sentence: why the result is exact.</summary>
    string Reason { get; }

    /// <summary>The number of columns.</summary>
    long Columns { get; }

    /// <summary>Methods of one kind can share the columns of a stage.</summary>
    object Kind { get; }

    /// <summary>Adds the method's work to a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="columns">The columns [K, *z] that methods of this kind share, made by <see cref="MakeColumns"/>.</param>
    /// <returns>Builds the result after the stage is closed: a value of the target's result type.</returns>
    Func<Value> Build(ColumnStage stage, Value columns);

    /// <summary>Makes a chunk's columns in the body of a stage.</summary>
    Value MakeColumns(ColumnStage stage);
}
