#!/usr/bin/env bash
# Checks CUDA against the CPU, and measures both and PyTorch, in one go, on a machine with an NVIDIA card:
#
#   tests/gpu/check.sh OUT
#
# OUT receives the models, the results and RESULTS.md. The exit code is not 0 where CUDA and the CPU do not agree, or where a node of the
# derivative ran on the CPU. Environment, for machines without the .NET SDK or without a network:
#
#   TOOL        the command of the tool; by default it is published here with ONNX Runtime's GPU package
#   GENERATOR   the command that writes the models; by default it is published here
#   OPTIONS     further options of the tool on CUDA, such as --provider-library PATH
#   PYTHON      a Python with NumPy, and with PyTorch for CUDA where that is to be measured; python3 by default
#   RUNTIME     which ONNX Runtime that is, for RESULTS.md
#   IMAGES      images of the runs that tell the time of one; 33 by default
set -euo pipefail
out=${1:?OUT} here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
python=${PYTHON:-python3} images=${IMAGES:-33}
mkdir -p "$out"; out=$(cd "$out" && pwd)

if [ -z "${TOOL:-}" ]; then
    dotnet publish "$root/src/OnnxCurvature.Cli" -c Release -r linux-x64 --self-contained false -p:OnnxRuntimeFlavor=gpu -o "$out/tool" >"$out/build.log"
    TOOL="$out/tool/onnx-curvature"
fi
if [ -z "${GENERATOR:-}" ]; then
    dotnet publish "$root/testmodels/Generator" -c Release -o "$out/generator" >>"$out/build.log"
    GENERATOR="dotnet $out/generator/OnnxCurvature.TestModels.dll"
fi
[ -s "$out/vgg16.onnx" ] || $GENERATOR vgg16 --out "$out/vgg16.onnx"
"$python" "$here/gpu.py" images "$out" "$images"

# One run of the headline case: run NAME IMAGES OPTION... Its wall-clock seconds go to NAME.seconds, what it prints to NAME.log.
run() {
    local name=$1 count=$2; shift 2
    local start; start=$(date +%s.%N)
    $TOOL run "$out/vgg16.onnx" -o "$out/$name.npz" --loss cross-entropy --wrt conv4_3.weight --batch-size 1 \
        --data "image=$out/image$count.npy" "labels=$out/labels$count.npy" "$@" >"$out/$name.log" 2>&1 || { cat "$out/$name.log"; exit 1; }
    awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }' >"$out/$name.seconds"
}
# shellcheck disable=SC2086  # OPTIONS are words
cuda() { run "$@" --provider cuda --memory "${MEMORY:-16G}" ${OPTIONS:-}; }
run cpu 1 --provider cpu
cuda cuda 1
cuda cuda-tf32 1 --tf32
cuda cuda-heuristic 1 --conv-search heuristic
cuda diagonal "$images" --quantity hessian-diagonal
cuda all "$images"
cuda tf32 "$images" --quantity hessian-diagonal --tf32
cuda gradient "$images" --quantity loss gradient
# In float64, small networks with weights and data in the repository.
for name in "mlp features fc1.weight" "resnet_small image stem.conv.weight" "vgg16_narrow image conv4_3.weight"; do
    read -r model input weight <<<"$name"
    for provider in cpu cuda; do
        # shellcheck disable=SC2046,SC2086
        $TOOL run "$root/testmodels/$model.onnx" -o "$out/$model.$provider.npz" --loss cross-entropy --wrt "$weight" --precision float64 \
            --data "$input=$root/testmodels/$model.$input.npy" "labels=$root/testmodels/$model.labels.npy" --provider "$provider" $([ "$provider" = cpu ] || echo ${OPTIONS:-}) \
            >"$out/$model.$provider.log" 2>&1 || { cat "$out/$model.$provider.log"; exit 1; }
    done
done
"$python" "$here/gpu.py" peer "$out" || echo "PyTorch is not measured."
"$python" "$here/gpu.py" report "$out" "$images"
