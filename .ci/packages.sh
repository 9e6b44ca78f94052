# Debian packages for the checks: sourced by run and nightly, from the repository's root.

wanted=()

# want PACKAGE COMMAND…: the package is wanted where the command fails.
want() {
  "${@:2}" >/dev/null 2>&1 || wanted+=("$1")
}

# What `make test` needs: make, venv's other half, the browser, PostgreSQL, compose, and the real Fashion-MNIST images.
want_for_tests() {
  want make command -v make
  want python3-venv python3 -c 'import ensurepip'
  want chromium-headless-shell command -v chromium-headless-shell
  want docker-compose command -v docker-compose
  want postgresql python3 tools/postgres.py
  want dataset-fashion-mnist test -d /usr/share/datasets/fashion-mnist
}

# What `make check-docker` needs beside: an engine, and what makes base systems.
want_for_docker() {
  want docker.io command -v dockerd
  want debootstrap command -v debootstrap
  want iproute2 command -v ip
}

# Install what was found wanting, as root only; what cannot be had is said, and the checks say what it means.
install_wanted() {
  if [ "${#wanted[@]}" -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    local package
    for package in "${wanted[@]}"; do
      apt-get install -qq -y --no-install-recommends "$package" >/dev/null || echo "$package could not be installed" >&2
    done
  fi
}
