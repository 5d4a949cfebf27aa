#!/usr/bin/env bash
# Builds what a release consists of, below target/dist: the program, manual pages, completions, a CycloneDX list of its
# parts (SBOM), checksums. The same commit and toolchain give the same program, wherever it is built. Needs cargo-cyclonedx.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=target/dist
rm -rf $dist && mkdir -p $dist/man $dist/completions
# No path of this machine, no time of this day.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTFLAGS="--remap-path-prefix=$PWD=/src --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$(rustc --print sysroot)=/rust"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
cargo build --release --locked --bin action-executor --target-dir target/reproducible
cp target/reproducible/release/action-executor $dist/
$dist/action-executor man --write $dist/man
for shell in bash zsh fish elvish powershell; do $dist/action-executor completions $shell >$dist/completions/$shell; done
cargo cyclonedx --format json --spec-version 1.5 --override-filename action-executor.cdx >/dev/null
mv action-executor.cdx.json $dist/
(cd $dist && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum >SHA256SUMS)
cat $dist/SHA256SUMS | grep -v -e man/ -e completions/
