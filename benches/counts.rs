//! What each stage costs in instructions and allocations, which does not depend on how busy the machine is, compared with
//! `benches/baseline.json`: `cargo bench --profile counts --bench counts`. With `-- --update` the baseline is written anew.
//!
//! Instructions are counted by valgrind's callgrind, in a process of its own for each stage.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};
use support::STAGES;

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/baseline.json");

/// A stage may cost this much more before it counts as worse, in percent.
const TOLERANCE: u64 = 3;

/// How often a stage is done, after a first time that may fill what is kept.
const TIMES: usize = 40;

/// Instructions within this function count, its preparation does not.
const COUNTED: &str = "*counts::counted*";

/// The library chooses its copying routines by the processor; these are on every one.
const TUNABLES: &str = "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM";

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cost {
    instructions: u64,
    allocations: u64,
}

type Costs = BTreeMap<String, Cost>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--run", name, times] => run(name, times.parse().expect("a number")),
        [] => compare(&measured()),
        ["--update"] => update(&measured()),
        _ => {
            eprintln!("usage: cargo bench --profile counts --bench counts [-- --update]");
            ExitCode::FAILURE
        }
    }
}

fn run(name: &str, times: usize) -> ExitCode {
    let stage = STAGES.iter().find(|stage| stage.name == name).expect("a stage of this name");
    let work = (stage.make)();
    work(1);
    counted(&*work, times);
    ExitCode::SUCCESS
}

#[inline(never)]
fn counted(work: &dyn Fn(usize), times: usize) {
    work(times);
}

fn measured() -> Costs {
    STAGES
        .iter()
        .map(|stage| {
            let cost = Cost { instructions: instructions(stage.name), allocations: allocations(&*(stage.make)()) };
            (stage.name.to_owned(), cost)
        })
        .collect()
}

fn allocations(run: &dyn Fn(usize)) -> u64 {
    run(1);
    allocation_counter::measure(|| run(TIMES)).count_total / TIMES as u64
}

/// Of one time.
fn instructions(name: &str) -> u64 {
    let own = std::env::current_exe().expect("the path of this program");
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(own)
        .args(["--run", name, &TIMES.to_string()])
        .env("GLIBC_TUNABLES", TUNABLES)
        .output();
    let output = ran.unwrap_or_else(|error| panic!("valgrind cannot be run ({error}); install the package `valgrind`"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {told}");
    let count = told.lines().find_map(|line| line.split("Collected :").nth(1)).map(str::trim);
    let count: u64 =
        count.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("valgrind tells no count: {told}"));
    assert!(count > 0, "{name}: nothing was counted within `{COUNTED}`");
    count / TIMES as u64
}

fn compare(now: &Costs) -> ExitCode {
    let text = std::fs::read(BASELINE).expect("benches/baseline.json");
    let before: Costs = serde_json::from_slice(&text).expect("a baseline");
    let mut worse = Vec::new();
    println!("{:34} {:>12} {:>8} {:>12}", "stage", "instructions", "change", "allocations");
    for (name, cost) in now {
        let Some(known) = before.get(name) else {
            worse.push(format!("{name} is not in the baseline"));
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let change = 100.0 * (cost.instructions as f64 / known.instructions as f64 - 1.0);
        println!("{name:34} {:12} {change:+7.1}% {:6} ({})", cost.instructions, cost.allocations, known.allocations);
        if cost.instructions * 100 > known.instructions * (100 + TOLERANCE) {
            worse.push(format!("{name} takes {} instructions, and {} before", cost.instructions, known.instructions));
        }
        if cost.allocations * 100 > known.allocations * (100 + TOLERANCE) {
            worse.push(format!("{name} allocates {} times, and {} before", cost.allocations, known.allocations));
        }
    }
    worse.extend(before.keys().filter(|name| !now.contains_key(*name)).map(|name| format!("{name} is gone")));
    if worse.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "\nMore than {TOLERANCE} % worse than {}:",
        Path::new(BASELINE).file_name().unwrap_or_default().display()
    );
    worse.iter().for_each(|line| eprintln!("  {line}"));
    eprintln!(
        "Find out why (docs/performance.md). If it is worth it: cargo bench --profile counts --bench counts -- --update"
    );
    ExitCode::FAILURE
}

fn update(now: &Costs) -> ExitCode {
    let text = serde_json::to_string_pretty(now).expect("JSON");
    std::fs::write(BASELINE, format!("{text}\n")).expect("benches/baseline.json");
    println!("wrote {BASELINE}");
    ExitCode::SUCCESS
}
