# The commands of the house. `just` lists them.

default:
    @just --list

# Everything that a change must pass.
ci:
    .ci/run

# Unit and integration tests.
test *arguments:
    cargo test {{arguments}}

# Property tests on other cases than those of `cargo test`. The seed that is printed repeats them: `just properties 1000 SEED`.
properties cases="1000" seed="":
    tests/properties.sh {{cases}} {{seed}}

# Lines of code, comments and blank lines among them, of the program without its tests.
lines:
    tests/lines.sh

# Formatting, lints, documentation.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

# Rewrite the expected results of case folders after reading the difference.
expect:
    UPDATE_EXPECT=1 cargo test --test it

# Write the JSON Schemas anew from the document types.
schemas:
    cargo run -- schema --write schemas

# Public conformance suites below a folder: jsonpath, json, handlebars.
conformance folder:
    cargo run --example conformance -- {{folder}}

# The Redmine actions against a real Redmine.
redmine address key:
    tests/real/redmine.sh {{address}} {{key}}

# See it work.
demo:
    cargo run --release -- demo

# Import every operation of published OpenAPI documents below a folder, and count.
openapi-directory folder:
    cargo build --release
    tests/real/openapi_directory.sh {{folder}}

# Property tests from outside, against the demo and its OpenAPI document. Needs schemathesis.
schemathesis:
    cargo build --release
    tests/real/schemathesis.sh

# Check the requests of shipped definitions against what their vendors publish. Needs prism.
published-openapi folder:
    cargo build --release
    tests/real/published_openapi.py {{folder}}

# Fuzz every target (or those named) for so many seconds each. Needs a nightly toolchain and cargo-fuzz.
fuzz seconds="600" *targets:
    fuzz/run.sh {{seconds}} {{targets}}

# Everything around the program fails, under load. Needs redis-server and faketime.
faults:
    cargo test --profile proof --test proof faults -- --nocapture --test-threads 1
    cargo test --test redis

# Ten thousand calls in flight to a slow service.
many:
    cargo test --profile proof --test proof ten_thousand -- --nocapture

# Mixed load with a reload each second, for so many seconds.
soak seconds="1800":
    PROOF_SECONDS={{seconds}} cargo test --profile proof --test proof nothing_grows -- --nocapture

# Check what deploys it: chart, image, units, rules, dashboard.
deploy-check:
    deploy/check.sh

# How long each stage of a call takes, by the clock.
bench *arguments:
    cargo bench --bench stages -- {{arguments}}

# What each stage costs in instructions and allocations, against the baseline; `just count --update` writes it anew. Needs valgrind.
count *arguments:
    cargo bench --profile counts --bench counts -- {{arguments}}

# What a call costs beside nginx that passes the same bytes through. Needs wrk, nginx and two processors.
load *arguments:
    cargo build --release
    benches/load/compare.sh {{arguments}}

# How loading, reloading, starting and memory grow with the number of definitions.
scale actions="10000":
    cargo build --release
    benches/load/scale.sh {{actions}}

# What a release consists of, below `target/dist`: program, manual pages, completions, list of parts, checksums.
dist:
    deploy/dist.sh

# Walk the console in a browser. Needs Node.js and Chromium.
console:
    cargo build
    cd tests/console && npm install --no-package-lock --no-audit --no-fund && node walk.mjs

# The console with 1,000 actions and 50,000 calls: how soon each page can be used.
console-scale:
    cargo build --release
    cd tests/console && npm install --no-package-lock --no-audit --no-fund && PROGRAM="$PWD/../../target/release/action-executor" node scale.mjs
