//! The first page: how it goes, and what is near its edge.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use maud::{Markup, html};

use super::figures::Figures;
use super::{Console, chart, labels};
use crate::call::CallFacts;
use crate::call::{Fetched, Work};
use crate::catalog::DirectoryState;
use crate::operations::SharedStateHealth;
use crate::server::PageRequest;
use crate::telemetry::RecentFilter;
use crate::upstream::BreakerState;

/// Of a hundred: from here on a limit is near its edge.
const NEAR: u64 = 80;

type Known = [(u64, Arc<CallFacts>)];

/// When a service last fetched a token, and whether it got one.
type LastToken = (SystemTime, bool);

impl Console {
    pub(super) fn overview(&self, _: &PageRequest) -> Markup {
        let now = SystemTime::now();
        let calls = self.operations.recent().matching(&RecentFilter { limit: usize::MAX, ..RecentFilter::default() });
        let report = self.operations.live().report();
        let all = Figures::of(calls.iter().map(|(_, call)| &**call));
        html! {
            h1 { "Overview" }
            section #figures data-live="calls" aria-label="Figures" {
                ul.figures {
                    li { strong { (self.rate(&calls, now)) } span { "calls a minute" } }
                    li.bad[all.failed > 0] { strong { (all.failed_share()) } span { "failed of the last " (all.calls) } }
                    li { strong { (all.time(all.half)) } span { "half within (p50)" } }
                    li { strong { (all.time(all.p95)) } span { "95 % within (p95)" } }
                    li { strong { (all.time(all.p99)) } span { "99 % within (p99)" } }
                }
                (chart::charts(&calls, now))
            }
            section #services data-live="calls catalog" {
                h2 { "Services" }
                @let by_service = by_service(&calls);
                div.scroll tabindex="0" role="group" aria-label="Services" {
                    table {
                        thead { tr {
                            th scope="col" { "Service" } th scope="col" { "State" } th.number scope="col" { "Calls" } th.number scope="col" { "Failed" }
                            th.number scope="col" { "p50" } th.number scope="col" { "p95" } th.number scope="col" { "p99" } th scope="col" { "Last token" }
                        } }
                        tbody {
                            @for directory in report.directories.iter().filter(|directory| by_service.contains_key(directory.name.as_str()) || directory.state != DirectoryState::Live || report.directories.len() <= 20) {
                                @let (figures, token) = by_service.get(directory.name.as_str()).cloned().unwrap_or_default();
                                tr {
                                    th scope="row" { a href={ "/console/calls?service=" (directory.name) } { (labels::service(&directory.name)) } }
                                    td { (labels::directory_state(directory.state)) }
                                    td.number { (figures.calls) }
                                    td.number { @if figures.failed > 0 { span.mark.bad { (figures.failed_share()) } } @else { "–" } }
                                    @for time in [figures.half, figures.p95, figures.p99] {
                                        td.number { (figures.time(time)) }
                                    }
                                    td {
                                        @match token {
                                            Some((at, true)) => { span.mark.good { "fetched" } " " (labels::moment(at, now)) }
                                            Some((at, false)) => { span.mark.bad { "refused" } " " (labels::moment(at, now)) }
                                            None => { span.quiet { "–" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                p.quiet { "Figures of the last " (labels::count(calls.len(), "call")) ", those that are remembered. "
                    @if report.directories.len() > 20 { "Services without calls are in " a href="/console/catalog" { "the catalog" } "." } }
            }
            section #edges data-live="calls catalog" {
                h2 { "Limits and hosts" }
                (self.edges())
            }
        }
    }

    fn rate(&self, calls: &Known, now: SystemTime) -> usize {
        let within = |call: &CallFacts| now.duration_since(call.began).is_ok_and(|ago| ago.as_secs() < 60);
        calls.iter().take_while(|(_, call)| within(call)).count()
    }

    fn edges(&self) -> Markup {
        let (in_flight, limit) = self.operations.usage().calls_in_flight();
        let connections = u64::try_from(self.most_connections).unwrap_or(u64::MAX);
        let limits = [
            ("Calls in flight", in_flight, limit),
            ("Connections", self.operations.usage().connections_open(), connections),
        ];
        let hosts = self.operations.breakers();
        html! {
            dl.pairs {
                @for (name, used, most) in limits {
                    div { dt { (name) } dd {
                        (used) " of " (most)
                        meter min="0" max=(most) high=(most / 100 * NEAR) value=(used) aria-label=(name) {}
                        @if used.saturating_mul(100) >= most.saturating_mul(NEAR) { " " span.mark.bad { "near its edge" } }
                    } }
                }
                div { dt { "Shared state" } dd {
                    @if self.operations.state() == SharedStateHealth::Away { span.mark.bad { "away" } } @else { span.mark.good { "well" } }
                } }
                @for host in &hosts {
                    div { dt { (host.host) } dd {
                        @match host.state {
                            BreakerState::Closed { failures } => { span.mark.warn { "failing" } " " (failures) " in a row" }
                            BreakerState::Open { seconds } => { span.mark.bad { "circuit open" } " for " (seconds) " s more" }
                            BreakerState::HalfOpen => { span.mark.warn { "tried again" } }
                        }
                    } }
                }
                @if hosts.is_empty() { div { dt { "Hosts of services" } dd { span.mark.good { "none fails" } } } }
            }
        }
    }
}

fn by_service(calls: &Known) -> BTreeMap<&str, (Figures, Option<LastToken>)> {
    let mut grouped: BTreeMap<&str, Vec<&CallFacts>> = BTreeMap::new();
    for (_, call) in calls {
        grouped.entry(&call.service).or_default().push(call);
    }
    let one = |(service, calls): (_, Vec<&CallFacts>)| {
        let token = calls.iter().find_map(|call| last_token(call));
        (service, (Figures::of(calls.into_iter()), token))
    };
    grouped.into_iter().map(one).collect()
}

fn last_token(call: &CallFacts) -> Option<LastToken> {
    call.journal.spans.iter().rev().find_map(|span| match span.work {
        Work::Token(fetched) => Some((call.began + span.began, fetched == Some(Fetched::Token))),
        Work::Step(_) | Work::Attempt(_) => None,
    })
}
