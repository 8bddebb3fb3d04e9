#!/bin/sh
# Installs Python 3.11 and the packages of the lock beside this file into a Debian 12 image; called by
# envs/Dockerfile and envs/apptainer.def. TORCH: pip arguments that choose the build of torch.
set -eu
here=$(dirname "$0")
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    ca-certificates git make python3.11 python3.11-venv
rm -rf /var/lib/apt/lists/*
python3.11 -m venv /opt/neuroloop
pip="/opt/neuroloop/bin/python -m pip --disable-pip-version-check --no-cache-dir"
# A command of its own, because --index-url holds for a whole command.
grep -v '^torch==' "$here/requirements.lock" >/tmp/others
$pip install -q --no-deps -r /tmp/others
# shellcheck disable=SC2086  # several arguments
$pip install -q "$(grep '^torch==' "$here/requirements.lock")" ${TORCH:-}
$pip check
rm /tmp/others
