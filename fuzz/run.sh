#!/usr/bin/env bash
# Every target for a fixed time: fuzz/run.sh [seconds for each, 60]. Needs `cargo install cargo-fuzz`. libFuzzer wants
# features of the compiler that are not stable: nightly Rust is used where it is installed, else stable is told to allow
# them. An input that takes over 5 s or 512 MB counts as a failure. What is found lies in fuzz/artifacts; put it, made
# small and free of anything real, into fuzz/corpus, where `cargo test` tries it for good.
set -euo pipefail
cd "$(dirname "$0")/.."
fuzz=(cargo +nightly fuzz)
if ! rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
    export RUSTC_BOOTSTRAP=1
    fuzz=(cargo fuzz)
fi
for target in webhook socket_line config sealed names markup; do
    mkdir -p "fuzz/found/$target"
    "${fuzz[@]}" run "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time="${1:-60}" -timeout=5 -rss_limit_mb=512 -max_len=65536 -print_final_stats=1
done
