#!/bin/bash
# Training, or a prediction, on one node: helixdask as it is, on all GPUs that the job was given.
#
#   sbatch deploy/slurm_gpu.sh tune /shared/wheat.zarr --model /shared/base.h5 -o /shared/wheat.keras
#
# For several: sbatch --gres=gpu:4 deploy/slurm_gpu.sh tune ... --batch-size 32
# When the time is up, submit the same line again: it goes on from the last checkpoint, at most five minutes old.
#SBATCH --job-name=helixdask-gpu
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=32G
#SBATCH --gres=gpu:1
#SBATCH --time=24:00:00
set -euo pipefail

exec ${SRUN:-srun} helixdask "$@"
