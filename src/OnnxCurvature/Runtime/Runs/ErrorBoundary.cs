using OnnxCurvature.Ir;
using OnnxCurvature.Ops;
using OnnxCurvature.Ops.Rules;
using OnnxCurvature.Runtime.Results;

namespace OnnxCurvature.Runtime.Runs;

/// <summary>The boundary of the library, which all its entrances share.</summary>
internal static class ErrorBoundary
{
    /// <summary>
    /// The boundary of the library: reports all nodes that cannot be taken, and of defects, with the node that was being worked
    /// on.
    /// </summary>
    public static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnsupportedModelException exception)
        {
            throw new UserErrorException(
                $"The model cannot be differentiated as asked: {exception.Message}; name values after these nodes with --wrt, or "
                    + $"replace them."
            );
        }
        catch (UnsupportedOperatorException exception)
        {
            throw new UserErrorException(
                $"The model cannot be differentiated as asked{Where(exception)}: {exception.Message.TrimEnd('.')}."
            );
        }
        catch (ArithmeticException exception)
        {
            throw new UserErrorException(
                $"A size or a number in the model{Where(exception)} is out of range: {exception.Message.TrimEnd('.')}."
            );
        }
        catch (Exception exception)
            when (exception
                    is not (
                        UserErrorException
                        or InternalErrorException
                        or CallerException
                        or DisagreementException
                        or OperationCanceledException
                        or OutOfMemoryException
                    )
            )
        {
            throw new InternalErrorException(exception);
        }
    }

    private static string Where(Exception exception) => NodeTrace.Of(exception) is { } node ? $", at {node}" : "";
}
