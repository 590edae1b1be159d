#!/usr/bin/env bash
# Builds the program twice from what is committed, in two folders that share no letter, and says whether the bytes are the
# same. Takes two release builds. Without the rewriting of paths (REMAP=no) it shows what they change.
set -euo pipefail
cd "$(dirname "$0")/../.."

commit="$(git rev-parse HEAD)"
work="$(mktemp -d "${TMPDIR:-/var/tmp}/rialto-twice.XXXXXX")"
trap 'rm -rf --one-file-system "$work"' EXIT
cargo_home="${CARGO_HOME:-$HOME/.cargo}"
# For whatever writes a time: none of ours does, the C compiler can.
SOURCE_DATE_EPOCH="$(git log -1 --format=%ct "$commit")"
export SOURCE_DATE_EPOCH CARGO_INCREMENTAL=0 LC_ALL=C TZ=UTC

build() {
    local folder="$1"
    mkdir -p "$folder"
    git archive "$commit" | tar -x -C "$folder"
    (
        cd "$folder"
        if [ "${REMAP:-yes}" = yes ]; then
            export RUSTFLAGS="--remap-path-prefix=$folder=/src --remap-path-prefix=$cargo_home=/cargo"
            # SQLite and ring bring C.
            export CFLAGS="-ffile-prefix-map=$folder=/src -ffile-prefix-map=$cargo_home=/cargo"
        fi
        cargo build --quiet --release --locked --package rialto --bin rialto --target-dir "$folder/target"
    )
    cp "$folder/target/release/rialto" "$2"
    rm -rf "$folder"
}

build "$work/one" "$work/first"
build "$work/another/way/much/longer/than/the/first" "$work/second"
rustc --version
sha256sum "$work/first" "$work/second" | sed "s,$work/,,"
if cmp "$work/first" "$work/second"; then
    echo "the same, byte for byte"
else
    echo "different" >&2
    exit 1
fi
