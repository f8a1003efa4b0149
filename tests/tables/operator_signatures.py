"""Writes src/OnnxCurvature/Onnx/Checking/OperatorSignatures.txt: what ai.onnx, opsets 1 to 21, says of its operators, and of some newer ones.

Usage: python3 operator_signatures.py > OperatorSignatures.txt

Opsets up to 17 are read from the `onnx` package, version 1.12. What 18 to 21 changed is written below, from ONNX's change log;
changes that concern types of 8 and 4 bits only are left out.
"""
import onnx.defs

LOWEST, READ = 1, 17
CODES = {
    "float": "f32", "double": "f64", "float16": "f16", "bfloat16": "bf16", "bool": "bool", "string": "string",
    "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
    "complex64": "c64", "complex128": "c128",
}
FLOATS, INTEGERS = "bf16,f16,f32,f64", "i16,i32,i64,i8,u16,u32,u64,u8"
ALL = "bf16,bool,c128,c64,f16,f32,f64,string," + INTEGERS

# Operator, opset, inputs, outputs, attributes, types.
NEW = """
AffineGrid|20|theta:T1 size:T2|grid:T1|align_corners:int|T1=bf16,f16,f32,f64;T2=i64
BitwiseAnd|18|A:T B:T|C:T||T=INTEGERS
BitwiseNot|18|X:T|Y:T||T=INTEGERS
BitwiseOr|18|A:T B:T|C:T||T=INTEGERS
BitwiseXor|18|A:T B:T|C:T||T=INTEGERS
CenterCropPad|18|input_data:T shape:Tind|output_data:T|axes:ints|T=ALL;Tind=i32,i64
Col2Im|18|input:T image_shape:I block_shape:I|output:T|dilations:ints pads:ints strides:ints|I=i64;T=ALL
DeformConv|19|X:T W:T offset:T B:T? mask:T?|Y:T|dilations:ints group:int kernel_shape:ints offset_group:int pads:ints strides:ints|T=f16,f32,f64
Gelu|20|X:T|Y:T|approximate:string|T=FLOATS
GroupNormalization|18|X:T scale:T bias:T|Y:T|epsilon:float num_groups:int!|T=FLOATS
GroupNormalization|21|X:T scale:T bias:T|Y:T|epsilon:float num_groups:int! stash_type:int|T=FLOATS
ImageDecoder|20|encoded_stream:T1|image:T2|pixel_format:string|T1=u8;T2=u8
Mish|18|X:T|Y:T||T=f16,f32,f64
RegexFullMatch|20|X:T1|Y:T2|pattern:string|T1=string;T2=bool
StringConcat|20|X:T Y:T|Z:T||T=string
StringSplit|20|X:T1|Y:T2 Z:T3|delimiter:string maxsplit:int|T1=string;T2=string;T3=i64
Attention|23|Q:T1 K:T1 V:T2 attn_mask:U? past_key:T1? past_value:T2? nonpad_kv_seqlen:=i64?|Y:T1 present_key:T1? present_value:T2? qk_matmul_output:T1?|is_causal:int kv_num_heads:int q_num_heads:int qk_matmul_output_mode:int scale:float softcap:float softmax_precision:int|T1=FLOATS;T2=FLOATS;U=FLOATS,bool,INTEGERS
BitCast|26|input:T1|output:T2|to:int!|T1=ALL;T2=ALL
CumProd|26|x:T axis:T2|y:T|exclusive:int reverse:int|T=FLOATS,i32,i64,u32,u64;T2=i32,i64
RMSNormalization|23|X:T scale:V|Y:V|axis:int epsilon:float stash_type:int|T=FLOATS;V=FLOATS
RotaryEmbedding|23|X:T cos_cache:T sin_cache:T position_ids:M?|Y:T|interleaved:int num_heads:int rotary_embedding_dim:int|T=FLOATS;M=i64
Swish|24|X:T|Y:T|alpha:float|T=FLOATS
TensorScatter|24|past_cache:T update:T write_indices:=i64?|present_cache:T|axis:int mode:string|T=ALL
DFT|20|input:T1 dft_length:T2? axis:A?|output:T1|inverse:int onesided:int|T1=bf16,f16,f32,f64;T2=i32,i64;A=i64
"""

# Operator, opset, and what is new: +attribute, -attribute, *input, and NAME=types of a type variable.
CHANGES = """
AveragePool 19 +dilations:ints
Cast 19 +saturate:int
CastLike 19 +saturate:int
ConstantOfShape 20 T2=bf16,bool,f16,f32,f64,INTEGERS
DequantizeLinear 19 *x_zero_point:T1? T1=i32,i8,u8 T2=bf16,f16,f32 x_scale:T2 y:T2
DequantizeLinear 21 +block_size:int x:T1 T1=i16,i32,i8,u16,u8
Equal 19 T=bf16,bool,f16,f32,f64,string,INTEGERS
GridSample 20
IsInf 20 T1=bf16,f16,f32,f64
IsNaN 20 T1=bf16,f16,f32,f64
LpPool 18 +ceil_mode:int +dilations:ints
OptionalGetElement 18
OptionalHasElement 18
Pad 18 *axes:Tind? Tind=i32,i64
QLinearMatMul 21 TS=bf16,f16,f32 a_scale:TS b_scale:TS y_scale:TS
QuantizeLinear 19 +saturate:int T1=bf16,f16,f32,i32 y_scale:T1
QuantizeLinear 21 +block_size:int +output_dtype:int T2=i16,i8,u16,u8
ReduceL1 18 axes
ReduceL2 18 axes
ReduceLogSum 18 axes
ReduceLogSumExp 18 axes
ReduceMax 18 axes
ReduceMax 20 T=bf16,bool,f16,f32,f64,i32,i64,i8,u32,u64,u8
ReduceMean 18 axes
ReduceMin 18 axes
ReduceMin 20 T=bf16,bool,f16,f32,f64,i32,i64,i8,u32,u64,u8
ReduceProd 18 axes
ReduceSumSquare 18 axes
Resize 18 +antialias:int +axes:ints +keep_aspect_ratio_policy:string
Split 18 +num_outputs:int
"""


def code(text):
    """tensor(float) as f32; what is no tensor as 'other'."""
    return CODES.get(text[len("tensor("):-1], "other") if text.startswith("tensor(") else "other"


def parameter(formal):
    kind = formal.typeStr
    if "(" in kind:
        kind = "=" + code(kind)
    option = {"Single": "", "Optional": "?", "Variadic": "*" if formal.isHomogeneous else "**"}[formal.option.name]
    return f"{formal.name}:{kind}{option}"


def row(schema):
    if schema.deprecated:
        return [schema.name, str(schema.since_version), "deprecated", "", "", ""]
    inputs = [parameter(formal) for formal in schema.inputs]
    if schema.inputs and schema.inputs[-1].option.name == "Variadic" and schema.min_input < len(schema.inputs):
        inputs[-1] += "0"
    attributes = [f"{name}:{value.type.name.lower()}{'!' if value.required else ''}" for name, value in sorted(schema.attributes.items())]
    types = [f"{one.type_param_str}={','.join(sorted({code(kind) for kind in one.allowed_type_strs}))}" for one in sorted(schema.type_constraints, key=lambda one: one.type_param_str)]
    return [schema.name, str(schema.since_version), " ".join(inputs), " ".join(parameter(formal) for formal in schema.outputs), " ".join(attributes), ";".join(types)]


def changed(old, opset, words):
    name, _, inputs, outputs, attributes, types = old
    inputs, attributes = inputs.split(), attributes.split()
    types = dict(entry.split("=") for entry in types.split(";"))
    for word in words:
        if word == "axes":
            # The axes of a reduction move from an attribute to an input.
            attributes = [one for one in attributes if not one.startswith("axes:")] + ["noop_with_empty_axes:int"]
            inputs.append("axes:=i64?")
        elif word[0] == "+":
            attributes.append(word[1:])
        elif word[0] == "*":
            inputs = [one for one in inputs if one.split(":")[0] != word[1:].split(":")[0]] + [word[1:]]
        elif "=" in word:
            key, value = word.split("=")
            types[key] = value
        else:
            formal = word.split(":")[0]
            inputs = [word if one.split(":")[0] == formal else one for one in inputs]
            outputs = " ".join(word if one.split(":")[0] == formal else one for one in outputs.split())
    return [name, opset, " ".join(inputs), outputs, " ".join(sorted(attributes)), ";".join(f"{key}={types[key]}" for key in sorted(types))]


def table():
    rows = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "":
            for opset in range(LOWEST, READ + 1):
                try:
                    now = onnx.defs.get_schema(schema.name, opset, "")
                except Exception:  # the operator is newer than this opset
                    continue
                rows[now.name, now.since_version] = row(now)
    for line in filter(None, NEW.split("\n")):
        fields = line.split("|")
        rows[fields[0], int(fields[1])] = fields
    for line in filter(None, CHANGES.split("\n")):
        name, opset, *words = line.split()
        before = max(since for op, since in rows if op == name and since < int(opset))
        rows[name, int(opset)] = changed(rows[name, before], opset, words)
    for key in sorted(rows):
        yield "|".join(rows[key]).replace("INTEGERS", INTEGERS).replace("FLOATS", FLOATS).replace("ALL", ALL)


if __name__ == "__main__":
    print("# ai.onnx, opsets 1 to 21 and some newer operators: operator|since|inputs|outputs|attributes|types. Made by tests/tables/operator_signatures.py.")
    print("# ? optional, * any number of one type, ** of any types, a 0 after these: none, too; ! required; :=type names a type itself.")
    for line in table():
        print(line)
