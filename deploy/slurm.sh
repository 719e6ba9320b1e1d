#!/bin/bash
# helixdask on Slurm: a scheduler and one worker a task, for as long as the command runs.
#
#   sbatch deploy/slurm.sh prepare /shared/wheat.fa -o /shared/wheat.zarr --model /shared/base.h5 --bam /shared/leaf.bam --strandedness reverse
#   sbatch deploy/slurm.sh annotate /shared/wheat.zarr --model /shared/tuned.keras -o /shared/wheat.gff3
#
# Store and inputs must lie where all nodes see them. When the time is up, submit the same line again: it goes on.
# `tune` runs on one machine: submit it without this script, on a node with a GPU.
#SBATCH --job-name=helixdask
#SBATCH --ntasks=32
#SBATCH --cpus-per-task=1
#SBATCH --mem-per-cpu=4G
#SBATCH --time=24:00:00
set -euo pipefail

folder=$(mktemp -d "${HELIXDASK_SCRATCH:-$PWD}/helixdask-${SLURM_JOB_ID:-local}-XXXX")
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
dask scheduler --scheduler-file "$folder/scheduler.json" --port 0 --no-dashboard > "$folder/scheduler.log" 2>&1 &
${SRUN:-srun} dask worker --scheduler-file "$folder/scheduler.json" --nthreads 1 --nworkers 1 --no-dashboard \
    --local-directory "${TMPDIR:-/tmp}" > "$folder/workers.log" 2>&1 &
helixdask "$@" --scheduler-file "$folder/scheduler.json"
