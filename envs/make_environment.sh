#!/bin/sh
# Makes or updates .venv: Python 3.11 with exactly the packages of envs/requirements.lock.
# Does nothing if that is what .venv holds. Called by `make`, from the environment:
#   TORCH   pip arguments that choose the build of torch (remembered in .venv), e.g. --index-url ...
#   PYTHON  interpreter to start from, where none of python3.11, python3 and python is the right one
set -eu
cd "$(dirname "$0")/.."
lock=envs/requirements.lock
venv=.venv
stamp=$venv/.installed # what was installed: a copy of the lock

fail() {
    echo "Error: $*" >&2
    exit 1
}

is_311() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null
}

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check "$@"
}

find_uv() { # prints the path of uv, fetched with another Python if need be
    command -v uv && return
    python3 -m venv "$scratch/uv" && "$scratch/uv/bin/python" -m pip install -q uv || return 1
    echo "$scratch/uv/bin/uv"
}

make_venv() {
    hint="install Python 3.11 with its venv module (apt install python3.11 python3.11-venv) or uv, and run again"
    for python in ${PYTHON:-python3.11 python3 python}; do
        if is_311 "$python" && "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            "$python" -m venv --clear "$venv" && return
        fi
    done
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    echo "no Python 3.11 with its venv module here: trying uv"
    uv=$(find_uv 2>"$scratch/log") || fail "no Python 3.11 and no uv: $hint"
    rm -rf "$venv"
    "$uv" venv -q --python 3.11 --seed "$venv" || fail "uv could not get Python 3.11 (see above): $hint"
}

remembered=$(cat "$venv/.torch" 2>/dev/null || true)
torch=${TORCH:-$remembered}
if [ "$torch" = "$remembered" ] && cmp -s "$lock" "$stamp" && is_311 "$venv/bin/python"; then
    exit 0
fi

rm -f "$stamp"
if ! is_311 "$venv/bin/python" || ! pip --version >/dev/null 2>&1; then
    make_venv
fi
echo "installing the packages of $lock into $venv: a few minutes"
pin=$(grep '^torch==' "$lock")
grep -v '^torch==' "$lock" >"$venv/.others"
pip install --no-deps -r "$venv/.others" || fail "the packages of $lock could not be installed: see above"
if [ "$torch" != "$remembered" ]; then
    pip uninstall -y torch # another build of the same version would count as installed
    rm -f "$venv/.torch"
fi
# A command of its own, because --index-url holds for a whole command; what torch needs is there.
# shellcheck disable=SC2086  # several arguments
pip install "$pin" $torch || fail "torch could not be installed (TORCH=\"$torch\"): see above"
pip check || fail "the packages of $lock do not fit together: see above"
printf '%s' "$torch" >"$venv/.torch"
cp "$lock" "$stamp"
