#!/bin/sh
# Rebuilds every .wasm of the benchmark from the C source beside it, with the clang that also builds the native twin.
# Needs `benches/tools.sh native`. The flags are LLVM 20's default features for wasm plus, for the SIMD kernels only, simd128.
set -eu
cd "$(dirname "$0")"

for source in kernels/*.c programs/*.c; do
    case $source in
    kernels/simd_*) features=-msimd128 ;;
    # Without a C library: Debian's has no threads.
    programs/threads.c) features='-matomics -nostdlib -fno-builtin
        -Wl,--import-memory,--export-memory,--shared-memory,--max-memory=67108864,-z,stack-size=65536' ;;
    *) features= ;;
    esac
    # shellcheck disable=SC2086 # no feature is no argument
    clang-19 --target=wasm32-wasi -O3 -Wall -Wextra -Werror -mbulk-memory -mnontrapping-fptoint $features \
        "$source" -o "${source%.c}.wasm" -Wl,--strip-debug
done
