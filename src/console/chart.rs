//! Two drawings of calls over time: how many and how they ended, and how long they took.
//!
//! Drawn here and not by a chart library: a library that runs in the browser would come as a copy of foreign code, and the ones
//! for Rust write colours into the drawing, where the reader's light or dark cannot reach them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use maud::{Markup, html};

use super::labels;
use crate::call::CallFacts;

const SLOTS: usize = 60;

/// The least stretch of time that is drawn; more if the calls reach further back.
const LEAST: Duration = Duration::from_secs(300);
const MOST: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Copy, Default)]
struct Slot {
    good: usize,
    bad: usize,
    slowest: Duration,
    all: Duration,
}

/// The drawings of these calls; nothing if there are none.
pub(super) fn charts(calls: &[(u64, Arc<CallFacts>)], now: SystemTime) -> Markup {
    let Some((_, oldest)) = calls.last() else {
        return html! { p.quiet { "No calls yet." } };
    };
    let stretch = now.duration_since(oldest.began).unwrap_or_default().clamp(LEAST, MOST);
    let slots = slots(calls, now, stretch);
    let most = slots.iter().map(|slot| slot.good + slot.bad).max().unwrap_or_default().max(1);
    let slowest = slots.iter().map(|slot| slot.slowest).max().unwrap_or_default().max(Duration::from_millis(1));
    let failed: usize = slots.iter().map(|slot| slot.bad).sum();
    let all: usize = slots.iter().map(|slot| slot.good + slot.bad).sum();
    let since = format!("{} ago", span(stretch));
    html! {
        div.charts {
            figure {
                figcaption { "Calls " span.quiet { "each " (span(stretch / 60)) ", at most " (most) } }
                svg.chart viewBox="0 0 600 100" preserveAspectRatio="none" role="img"
                    aria-label={ (labels::count(all, "call")) ", " (failed) " failed, since " (since) } {
                    @for (at, slot) in slots.iter().enumerate() {
                        @let (good, bad) = (height(slot.good, most), height(slot.bad, most));
                        @if slot.good > 0 { rect.good x=(at * 10 + 1) width="8" y=(100 - good) height=(good) {} }
                        @if slot.bad > 0 { rect.bad x=(at * 10 + 1) width="8" y=(100usize.saturating_sub(good + bad)) height=(bad) {} }
                    }
                }
                p.axis { span { (since) } span { "now" } }
            }
            figure {
                figcaption { "Time " span.quiet { "mean and slowest, up to " (labels::took(slowest)) } }
                svg.chart viewBox="0 0 600 100" preserveAspectRatio="none" role="img"
                    aria-label={ "The slowest call took " (labels::took(slowest)) } {
                    @for (at, slot) in slots.iter().enumerate() {
                        @let count = u32::try_from(slot.good + slot.bad).unwrap_or(u32::MAX);
                        @if count > 0 {
                            @let (top, mean) = (tall(slot.slowest, slowest), tall(slot.all / count, slowest));
                            rect.faint x=(at * 10 + 1) width="8" y=(100 - top) height=(top) {}
                            rect.step x=(at * 10 + 1) width="8" y=(100 - mean) height=(mean) {}
                        }
                    }
                }
                p.axis { span { (since) } span { "now" } }
            }
        }
    }
}

fn slots(calls: &[(u64, Arc<CallFacts>)], now: SystemTime, stretch: Duration) -> Vec<Slot> {
    let mut slots = vec![Slot::default(); SLOTS];
    for (_, call) in calls {
        let ago = now.duration_since(call.began).unwrap_or_default().as_millis();
        // Calls older than the stretch count at its beginning.
        let back = usize::try_from(ago * 60 / stretch.as_millis().max(1)).unwrap_or(SLOTS).min(SLOTS - 1);
        if let Some(slot) = slots.get_mut(SLOTS - 1 - back) {
            if call.is_good() {
                slot.good += 1;
            } else {
                slot.bad += 1;
            }
            slot.slowest = slot.slowest.max(call.elapsed);
            slot.all += call.elapsed;
        }
    }
    slots
}

/// Of a hundred; at least enough to be seen.
fn height(count: usize, most: usize) -> usize {
    if count == 0 { 0 } else { (count * 96 / most).max(3) }
}

fn tall(time: Duration, slowest: Duration) -> usize {
    height(
        usize::try_from(time.as_micros()).unwrap_or_default(),
        usize::try_from(slowest.as_micros()).unwrap_or(usize::MAX).max(1),
    )
}

/// `5 s`, `3 min`, `2 h`
fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
