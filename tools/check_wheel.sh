#!/bin/sh
# check_wheel.sh PYTHON...: installs the wheel, with nothing but what it needs, for each of some Pythons, and runs every
# command that needs no TensorFlow, as python -m helixdask too. Then, for the last of them, with TensorFlow and without a
# network: each shipped model annotates by its name.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for python in "$@"; do
    echo "== $("$python" --version)"
    "$python" -m venv --clear "$scratch/venv"
    ls "$scratch"/*.whl >/dev/null 2>&1 || "$scratch/venv/bin/python" -m pip wheel -q --no-deps -w "$scratch" "$root"
    "$scratch/venv/bin/python" -m pip install -q -c "$root/constraints.txt" "$scratch"/helixdask-*.whl
    cd "$scratch"
    "$scratch/venv/bin/python" -m helixdask --version
    "$scratch/venv/bin/python" -W error::DeprecationWarning:helixdask "$root/tools/check_bare.py"
done

offline="env http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9"
if unshare -rn true 2>/dev/null; then offline="unshare -rn sh -c 'ip link set lo up 2>/dev/null; exec \"\$@\"' sh"; fi
wheel=$(ls "$scratch"/helixdask-*.whl)
"$scratch/venv/bin/python" -m pip install -q -c "$root/constraints.txt" "$wheel[tf-cpu]"
"$scratch/venv/bin/python" -m helixdask simulate -o "$scratch/sim" --bases 60k -q
for model in plant-mini fungi-mini demo; do
    echo "== annotate --model $model, without a network"
    eval $offline "$scratch/venv/bin/python" -m helixdask annotate "$scratch/sim/genome.fa" --model "$model" \
        -o "$scratch/$model.gff3" -q --workers 1
    test -s "$scratch/$model.gff3"
done
