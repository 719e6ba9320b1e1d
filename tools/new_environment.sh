#!/bin/sh
# new_environment.sh FOLDER PYTHON...: makes a virtual environment with the first of some Pythons that can.
# One that is there and works is kept.
folder=$1
shift

is_fit='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
if "$folder/bin/python" -c "$is_fit; import pip" 2>/dev/null; then
    exit 0
fi

if [ -e "$folder" ] && [ ! -e "$folder/pyvenv.cfg" ]; then
    echo "error: $folder is there and no virtual environment: name another, make VENV=/path/to/environment" >&2
    exit 1
fi

echo "Making a virtual environment in $folder"
without_venv=
for python in "$@"; do
    "$python" -c "$is_fit" 2>/dev/null || continue
    if "$python" -m venv --clear "$folder" >/dev/null 2>&1 && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        echo "Environment in $folder with $("$folder/bin/python" --version)"
        exit 0
    fi
    without_venv=$python
done

rm -rf "$folder"
if [ -n "$without_venv" ]; then
    echo "error: $without_venv cannot make a virtual environment in $folder: install its venv module" \
        "(Debian, Ubuntu: apt install python3-venv), or name another Python: make PYTHON=/path/to/python" >&2
else
    echo "error: Python 3.11, 3.12 or 3.13 is needed and is none of: $*; install one with its venv module," \
        "or name it: make PYTHON=/path/to/python" >&2
fi
exit 1
