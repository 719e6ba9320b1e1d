#!/bin/sh
# check_wheel.sh PYTHON...: installs the wheel, with nothing but what it needs, for each of some Pythons, and runs every
# command that needs no TensorFlow, as python -m helixdask too.
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
