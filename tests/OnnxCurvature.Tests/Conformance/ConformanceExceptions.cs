using System.IO.Enumeration;

namespace OnnxCurvature.Tests.Conformance;

/// <summary>The published models that are not held to what is published, and why.</summary>
internal sealed class ConformanceExceptions
{
    private readonly (string Reason, string[] Names)[] _table;

    private ConformanceExceptions(params (string Reason, string[] Names)[] table) => _table = table;

    /// <summary>Models that are not held to anything.</summary>
    public static ConformanceExceptions ForAll { get; } =
        new(
            (
                "texts are not computed with",
                [
                    "node/test_cast_*STRING*",
                    "node/test_castlike_*STRING*",
                    "node/test_strnorm*",
                    "simple/test_strnorm*",
                    "node/test_tfidfvectorizer*",
                    "node/test_string_*",
                    "node/test_regex_*",
                    "node/test_equal_string*",
                ]
            ),
            ("pictures are not decoded", ["node/test_image_decoder_*"]),
            ("it gives out a sequence", ["node/test_split_to_sequence_*"]),
            ("ONNX Runtime has no kernel for this form of it", ["node/test_reduce_max_empty_set_bool"]),
            (
                "its outputs are random",
                [
                    "node/test_training_dropout",
                    "node/test_training_dropout_default",
                    "node/test_training_dropout_default_mask",
                    "node/test_training_dropout_mask",
                    "node/test_bernoulli*",
                ]
            ),
            (
                "it is the step of an optimizer in the training preview, for which no runtime has a kernel",
                ["node/test_ada*", "node/test_momentum*", "node/test_nesterov_momentum"]
            ),
            (
                "an input is a sequence or optional",
                [
                    "node/test_optional_*",
                    "node/test_identity_opt",
                    "node/test_identity_sequence",
                    "node/test_sequence_*",
                    "node/test_loop13_seq",
                    "node/test_loop16_seq_none",
                ]
            ),
            ("its branches give sequences", ["node/test_if_opt", "node/test_if_seq"]),
            (
                "the published input 'like' has not the shape that the model declares",
                ["node/test_castlike_BFLOAT16_to_FLOAT*", "node/test_castlike_FLOAT_to_BFLOAT16*"]
            ),
            (
                "the published output aligns the corners of 2.4 entries, where there are 2",
                ["node/test_resize_downsample_scales_*_align_corners"]
            ),
            (
                "the published output takes the positions for those of another shape than the output's",
                ["node/test_maxunpool_export_with_output_shape"]
            )
        );

    /// <summary>Models whose outputs are compared, and whose derivatives are not.</summary>
    public static ConformanceExceptions ForDerivatives { get; } =
        new(
            (
                "the count of elements jumps near every input of the published shape",
                ["node/test_range_float_type_positive_delta_expanded", "node/test_unique_*"]
            )
        );

    /// <summary>Why a model is excepted, or null.</summary>
    public string? ReasonFor(string model) =>
        _table
            .FirstOrDefault(entry => entry.Names.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, model, ignoreCase: false)))
            .Reason;
}
