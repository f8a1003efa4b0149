#!/bin/bash
# Submits a run in shards and the merge that waits for them: bash slurm.sh
set -euo pipefail

# What is computed, and where; every path lies on a file system that all machines share.
SHARDS=${SHARDS:-8}
RESULT=${RESULT:-out.npz}
TOOL=${TOOL:-onnx-curvature}
RUN=${RUN:-"net.onnx --wrt w --loss cross-entropy --data image=images labels=labels.npy"}

array=$(sbatch --parsable --job-name=curvature --array=0-$((SHARDS - 1)) --requeue --open-mode=append --signal=TERM@60 \
  ${SBATCH_OPTIONS:-} --wrap "exec srun --ntasks=1 $TOOL run $RUN -o $RESULT --shard auto --resume")
merge=$(sbatch --parsable --job-name=curvature-merge --dependency=afterok:"$array" ${SBATCH_OPTIONS:-} \
  --wrap "$TOOL merge -o $RESULT ${RESULT%.npz}.shard-*-of-*.npz")
echo "$array $merge"
