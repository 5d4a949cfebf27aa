//! How long each stage takes, by the clock: `cargo bench --bench stages`.

mod support;

use std::time::Instant;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for stage in support::STAGES {
        criterion.bench_function(stage.name, |bencher| {
            let run = (stage.make)();
            bencher.iter_custom(|times| {
                let began = Instant::now();
                run(usize::try_from(times).unwrap_or(usize::MAX));
                began.elapsed()
            });
        });
    }
    criterion.final_summary();
}
