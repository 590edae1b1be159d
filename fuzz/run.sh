#!/usr/bin/env bash
# Every target for a fixed time: fuzz/run.sh [seconds for each, 60]. Needs `rustup toolchain install nightly` and
# `cargo install cargo-fuzz`. An input that takes over 5 s or 512 MB counts as a failure. What is found lies in
# fuzz/artifacts; put it, made small and free of anything real, into fuzz/corpus, where `cargo test` tries it for good.
set -euo pipefail
cd "$(dirname "$0")/.."
for target in webhook socket_line config sealed names; do
    mkdir -p "fuzz/found/$target"
    cargo +nightly fuzz run "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time="${1:-60}" -timeout=5 -rss_limit_mb=512 -max_len=65536
done
