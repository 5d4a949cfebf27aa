//! What becomes of a catalog when its files change, round by round.

use std::sync::Arc;

use super::{Catalog, File, Files, Operator, ServiceDirectory, ServiceFile, build};
use crate::diagnostic::{Code, Diagnostic, Source, Span, render_json};

const BROKEN: &str = "version: 1\ntitle: [";

fn service(title: &str) -> String {
    format!("version: 1\ntitle: \"{title}\"\nbase_url: https://desk.example.com\n")
}

/// An action that is told from another by its title.
fn action(title: &str) -> String {
    format!("version: 1\ntitle: \"{title}\"\nrequest: {{ method: GET, path: /x }}\nresponse: {{ message: done }}\n")
}

/// An action that is served at a route of its own choice.
fn at(route: &str, title: &str) -> String {
    format!("route: {route}\n{}", action(title))
}

fn borrowed<'a>(rounds: &'a [Vec<(&'a str, String)>]) -> Vec<Vec<(&'a str, &'a str)>> {
    rounds.iter().map(|round| round.iter().map(|(name, text)| (*name, text.as_str())).collect()).collect()
}

fn files(texts: &[(&str, &str)]) -> Files {
    let mut files = Files::default();
    for (name, text) in texts {
        let (directory, file) = name.split_once('/').unwrap();
        let directory = files.directories.entry(directory.to_owned()).or_default();
        let read = File::new(Arc::new(Source::new(*name, *text)));
        match file.strip_suffix(".yaml").unwrap() {
            "service" => directory.service = ServiceFile::Read(read),
            stem => drop(directory.actions.insert(stem.to_owned(), read)),
        }
    }
    files
}

/// The catalogs of these files, one on top of the other.
fn last_of(rounds: &[&[(&str, &str)]]) -> Catalog {
    let mut catalog: Option<Catalog> = None;
    for round in rounds {
        catalog = Some(build(&files(round), &Operator::default(), catalog.as_ref()));
    }
    catalog.unwrap()
}

/// What is served after these rounds as `route title`, and every directory as `name state codes`.
#[track_caller]
fn check(rounds: &[&[(&str, &str)]], served: &[&str], directories: &[&str]) {
    let catalog = last_of(rounds);
    let actions = catalog.actions();
    let actions: Vec<_> = actions.iter().map(|action| format!("{} {}", action.route(), action.title())).collect();
    let directory = |directory: &Arc<ServiceDirectory>| {
        let codes: Vec<_> = directory.diagnostics().iter().map(|problem| problem.code.as_str()).collect();
        format!("{} {} {}", directory.name(), directory.state().as_str(), codes.join(" ")).trim_end().to_owned()
    };
    let states: Vec<_> = catalog.directories().map(directory).collect();
    assert_eq!(actions, served);
    assert_eq!(states, directories, "{:#}", render_json(&catalog.diagnostics()));
}

#[test]
fn every_action_is_found_at_its_route() {
    let texts =
        [("desk/service.yaml", &*service("Desk")), ("desk/a.yaml", &action("A")), ("desk/b.yaml", &at("/b", "B"))];
    check(&[&texts], &["/b B", "/desk/a A"], &["desk live"]);
}

#[test]
fn a_directory_with_errors_keeps_its_last_good_version_and_recovers() {
    let (desk, crm) = (service("Desk"), service("CRM"));
    let round = |first: &str, second: &str| -> Vec<(&'static str, String)> {
        vec![
            ("crm/service.yaml", crm.clone()),
            ("crm/a.yaml", action(second)),
            ("desk/service.yaml", desk.clone()),
            ("desk/a.yaml", first.to_owned()),
            ("desk/b.yaml", action(second)),
        ]
    };
    let rounds = [round(&action("A1"), "1"), round(BROKEN, "2"), round(&action("A3"), "3")];
    let rounds = borrowed(&rounds);
    let good = ["/crm/a 2", "/desk/a A1", "/desk/b 1"];
    check(&[&rounds[0], &rounds[1]], &good, &["crm live", "desk last_good syntax"]);
    check(&[&rounds[0], &rounds[1], &rounds[1]], &good, &["crm live", "desk last_good syntax"]);
    let new = ["/crm/a 3", "/desk/a A3", "/desk/b 3"];
    check(&[&rounds[0], &rounds[1], &rounds[2]], &new, &["crm live", "desk live"]);
    check(&[&rounds[1], &rounds[1]], &["/crm/a 2"], &["crm live", "desk broken syntax"]);
}

#[test]
fn deleting_is_a_change_and_no_error() {
    let (desk, a, b) = (service("Desk"), action("A"), action("B"));
    let both: &[_] = &[("desk/service.yaml", &*desk), ("desk/a.yaml", &a), ("desk/b.yaml", &b)];
    check(&[both, &both[..2]], &["/desk/a A"], &["desk live"]);
    check(&[both, &[]], &[], &[]);
}

#[test]
fn two_new_actions_of_one_route_are_both_refused() {
    let (desk, x, y) = (service("Desk"), at("/x", "X"), at("/x", "Y"));
    let texts: &[_] =
        &[("crm/service.yaml", &*desk), ("crm/y.yaml", &y), ("desk/service.yaml", &desk), ("desk/x.yaml", &x)];
    check(&[texts], &[], &["crm broken duplicate-route", "desk broken duplicate-route"]);
    let named: Vec<_> = last_of(&[texts]).diagnostics().iter().map(|problem| problem.message.clone()).collect();
    assert!(named[0].contains("desk/x.yaml:1") && named[1].contains("crm/y.yaml:1"), "{named:?}");
}

#[test]
fn a_route_stays_where_it_was_until_it_is_given_up() {
    let (desk, x, y, other) = (service("Desk"), at("/x", "X"), at("/x", "Y"), at("/z", "Z"));
    let texts = |first: &str, second: &str| -> Vec<(&'static str, String)> {
        vec![
            ("crm/service.yaml", desk.clone()),
            ("crm/y.yaml", second.to_owned()),
            ("desk/service.yaml", desk.clone()),
            ("desk/x.yaml", first.to_owned()),
        ]
    };
    let rounds = [texts(&x, &other), texts(&x, &y), texts(&at("/w", "W"), &y)];
    let rounds = borrowed(&rounds);
    check(&[&rounds[0], &rounds[1]], &["/x X", "/z Z"], &["crm last_good duplicate-route", "desk live"]);
    check(&[&rounds[0], &rounds[1], &rounds[2]], &["/w W", "/x Y"], &["crm live", "desk live"]);
}

#[test]
fn a_renamed_file_keeps_its_route_against_a_newcomer() {
    let (desk, x, y) = (service("Desk"), at("/x", "X"), at("/x", "Y"));
    let before: &[_] = &[("desk/service.yaml", &*desk), ("desk/old.yaml", &x)];
    let after: &[_] =
        &[("crm/service.yaml", &*desk), ("crm/y.yaml", &y), ("desk/service.yaml", &desk), ("desk/new.yaml", &x)];
    check(&[before, after], &["/x X"], &["crm broken duplicate-route", "desk live"]);
}

#[test]
fn a_file_that_moves_takes_its_route_along() {
    let (desk, x) = (service("Desk"), at("/x", "X"));
    let before: &[_] = &[("desk/service.yaml", &*desk), ("desk/x.yaml", &x)];
    let after: &[_] = &[("crm/service.yaml", &*desk), ("crm/x.yaml", &x), ("desk/service.yaml", &desk)];
    check(&[before, after], &["/x X"], &["crm live", "desk live"]);
}

#[test]
fn two_routes_that_change_places_in_one_round_are_no_conflict() {
    let desk = service("Desk");
    let (ax, ay, bx, by) = (at("/x", "A"), at("/y", "A"), at("/x", "B"), at("/y", "B"));
    let before: &[_] = &[("a/service.yaml", &*desk), ("a/a.yaml", &ax), ("b/service.yaml", &desk), ("b/b.yaml", &by)];
    let after: &[_] = &[("a/service.yaml", &*desk), ("a/a.yaml", &ay), ("b/service.yaml", &desk), ("b/b.yaml", &bx)];
    check(&[before, after], &["/x B", "/y A"], &["a live", "b live"]);
}

#[test]
fn who_falls_back_to_a_route_still_owns_it() {
    // In one round `a` leaves `/x` for a route that is taken, and `b` wants `/x`: `a` keeps it.
    let desk = service("Desk");
    let (ax, az, bw, bx, cz) = (at("/x", "A"), at("/z", "A"), at("/w", "B"), at("/x", "B"), at("/z", "C"));
    let round = |a: &str, b: &str| -> Vec<(&'static str, String)> {
        let service = |name| (name, desk.clone());
        vec![
            service("a/service.yaml"),
            service("b/service.yaml"),
            service("c/service.yaml"),
            ("a/a.yaml", a.to_owned()),
            ("b/b.yaml", b.to_owned()),
            ("c/c.yaml", cz.clone()),
        ]
    };
    let rounds = [round(&ax, &bw), round(&az, &bx)];
    let rounds = borrowed(&rounds);
    let directories = ["a last_good duplicate-route", "b last_good duplicate-route", "c live"];
    check(&[&rounds[0], &rounds[1]], &["/w B", "/x A", "/z C"], &directories);
}

#[test]
fn what_did_not_change_is_not_compiled_again() {
    let (desk, a, b) = (service("Desk"), action("A"), action("B"));
    let texts: &[_] = &[("desk/service.yaml", &*desk), ("desk/a.yaml", &a), ("desk/b.yaml", &b)];
    let first = last_of(&[texts]);
    let changed = action("changed");
    let second = build(&files(&[texts[0], ("desk/a.yaml", &changed), texts[2]]), &Operator::default(), Some(&first));
    let same = |route| Arc::ptr_eq(first.find(route).unwrap(), second.find(route).unwrap());
    assert!(!same("/desk/a") && same("/desk/b"));
    let service = service("Another");
    let third =
        build(&files(&[("desk/service.yaml", &service), texts[1], texts[2]]), &Operator::default(), Some(&first));
    assert!(!Arc::ptr_eq(first.find("/desk/b").unwrap(), third.find("/desk/b").unwrap()));
}

#[test]
fn an_unreadable_service_file_blames_no_action_and_recovers() {
    let (desk, a) = (service("Desk"), action("A"));
    let texts: &[_] = &[("desk/service.yaml", &*desk), ("desk/a.yaml", &a)];
    let mut broken = files(texts);
    let directory = broken.directories.get_mut("desk").unwrap();
    directory.service = ServiceFile::Unreadable;
    let source = Arc::new(Source::new("desk/service.yaml", ""));
    let message = "This cannot be read.".into();
    directory.problems.push(Diagnostic {
        code: Code::UnreadableFile,
        message,
        help: None,
        source,
        span: Span::default(),
    });
    let operator = Operator::default();
    for previous in [None, Some(last_of(&[texts]))] {
        let catalog = build(&broken, &operator, previous.as_ref());
        let codes: Vec<_> = catalog.diagnostics().iter().map(|problem| problem.code).collect();
        assert_eq!(codes, [Code::UnreadableFile]);
        assert_eq!(catalog.actions().len(), usize::from(previous.is_some()));
        let again = build(&files(texts), &operator, Some(&catalog));
        assert_eq!((again.actions().len(), again.has_errors()), (1, false));
        // Without the file it is another matter: the action has nowhere to send to.
        let without = build(&files(&texts[1..]), &operator, Some(&catalog));
        assert!(without.diagnostics().iter().any(|problem| problem.source.name() == "desk/a.yaml"));
    }
}

#[test]
fn a_directory_that_did_not_change_is_taken_over_whole() {
    let (desk, one, two) = (service("Desk"), action("One"), action("Two"));
    let before = last_of(&[&[("desk/service.yaml", &desk), ("desk/a.yaml", &one), ("shop/service.yaml", &desk)]]);
    let next = |texts: &[(&str, &str)]| {
        let next = build(&files(texts), &Operator::default(), Some(&before));
        let is_same = |name: &str| {
            let of = |catalog: &Catalog| catalog.directories().find(|directory| directory.name() == name).cloned();
            Arc::ptr_eq(&of(&before).unwrap(), &of(&next).unwrap())
        };
        (is_same("desk"), is_same("shop"))
    };
    let shop = ("shop/service.yaml", desk.as_str());
    assert_eq!(next(&[("desk/service.yaml", &desk), ("desk/a.yaml", &one), shop]), (true, true));
    assert_eq!(next(&[("desk/service.yaml", &desk), ("desk/a.yaml", &two), shop]), (false, true));
    assert_eq!(next(&[("desk/service.yaml", &desk), ("desk/b.yaml", &one), shop]), (false, true));
    assert_eq!(next(&[("desk/service.yaml", &desk), shop]), (false, true));
    assert_eq!(next(&[("desk/service.yaml", &service("Other")), ("desk/a.yaml", &one), shop]), (false, true));
}
