#!/bin/sh
# The store of the notebook docs/how_to/explore.ipynb: one held-out chromosome of the demonstration, with the predictions
# and genes of the base model and of the tuned one.
#
#     make demo && tools/make_explore_store.sh demo docs/how_to/explore.zip
set -eu
demo=$(realpath "$1") target=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
awk '/^>/ { keep = $1 == ">chr4A" } keep' "$demo/held_out.fa" > chr4A.fa
grep -E '^(##gff|chr4A)' "$demo/held_out.gff3" > chr4A.gff3
helixdask encode chr4A.fa -o explore.zarr --species simulated
helixdask labels explore.zarr --gff3 chr4A.gff3
helixdask coverage explore.zarr --bam "$demo/simulated/reads.bam" --strandedness reverse
for model in base tuned; do
    case $model in base) file=demo ;; *) file=$demo/tuned.keras ;; esac
    helixdask predict explore.zarr --model "$file" --name "$model" --precision uint8
    helixdask call explore.zarr --predictions "$model" --name "$model" -o "$model.gff3"
done
helixdask windows explore.zarr --window-length 5346 --predictions tuned
rm -rf explore.zarr/history explore.zarr/.work
rm -f "$target"
python -m zipfile -c "$target" explore.zarr
ls -l "$target"
