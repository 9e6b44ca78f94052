#!/bin/sh
# Steps of the images' build: `dependencies` makes /opt/netwright with what the lock names, `netwright` adds the studio.
set -eu
PYTHON=${PYTHON:-python3}
carried=docker/carried

pip_install() { # an environment, then pip's arguments
    environment=$1
    shift
    if ls $carried/*.whl > /dev/null 2>&1; then
        "$environment/bin/pip" install --no-index --find-links "$carried" "$@"
    else
        "$environment/bin/pip" install "$@"
    fi
}

case $1 in
dependencies)
    "$PYTHON" -m venv /opt/netwright
    pip_install /opt/netwright --require-hashes -r requirements.txt
    ;;
netwright)
    if ! ls $carried/netwright-*.whl > /dev/null 2>&1; then
        "$PYTHON" -m venv /opt/build
        /opt/build/bin/pip install --require-hashes -r requirements.txt -r requirements-build.txt
        /opt/build/bin/python -m hatchling build -t wheel -d $carried
    fi
    wheel=$(ls $carried/netwright-*.whl)
    # EXTRA is [gpu] where CuPy is wanted: it is not in the locks, which hold for machines without a GPU.
    if [ -n "${EXTRA:-}" ]; then
        /opt/netwright/bin/pip install "$wheel$EXTRA"
    else
        /opt/netwright/bin/pip install --no-deps "$wheel"
    fi
    ;;
esac
