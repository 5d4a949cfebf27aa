//! Definitions that change while they are served. Waits on reports, never on time.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use action_executor::catalog::{Action, Catalog, DirectoryState, Operator, build, load};
use action_executor::live::{Live, LiveSettings, ReloadReport};
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use crate::support::{
    Act, Bridge, Client, Definitions, PATIENCE, StubService, json_answer, post, request, service_at, ticket,
};

/// Polling so seldom that only events can be what is noticed.
const EVENTS_ONLY: LiveSettings = LiveSettings {
    quiet: Duration::from_millis(20),
    longest: Duration::from_millis(500),
    poll: Duration::from_secs(3600),
};

const BROKEN: &str = "version: 1\ntitle: [";

fn desk() -> String {
    service_at("https://desk.example.com")
}

/// A live catalog under test.
struct Served {
    definitions: Definitions,
    live: Live,
    reports: Receiver<Arc<ReloadReport>>,
}

impl Served {
    /// Serves these files; the first round of the reloader is over.
    async fn start(files: &[(&str, &str)]) -> Self {
        Self::serve(Definitions::new(files), EVENTS_ONLY).await
    }

    async fn serve(definitions: Definitions, settings: LiveSettings) -> Self {
        let operator = Operator::default();
        let first = build(&load(definitions.root()).unwrap(), &operator, None);
        let live = Live::start(definitions.root(), operator, first, settings);
        let reports = live.reports();
        let mut served = Self { definitions, live, reports };
        served.wait(|report| report.number >= 1).await;
        served
    }

    /// Two actions of one service.
    async fn desk() -> Self {
        Self::start(&[
            ("desk/service.yaml", &desk()),
            ("desk/one.yaml", &ticket("first")),
            ("desk/two.yaml", &ticket("first")),
        ])
        .await
    }

    /// Waits for a report that fits, the present one included.
    async fn wait(&mut self, fits: impl FnMut(&Arc<ReloadReport>) -> bool) -> Arc<ReloadReport> {
        let waited = timeout(PATIENCE, self.reports.wait_for(fits)).await;
        let report = waited.map(|report| Arc::clone(&report.unwrap()));
        report.unwrap_or_else(|_| {
            panic!("no such report came; the last one: {:#}", serde_json::json!(*self.live.report()))
        })
    }

    /// Waits until the action at a route says this word.
    async fn wait_for_word(&mut self, route: &str, word: &str) {
        let live = self.live.clone();
        self.wait(|_| word_of(&live.snapshot(), route).as_deref() == Some(word)).await;
    }

    async fn wait_for_state(&mut self, directory: &str, state: DirectoryState) -> Arc<ReloadReport> {
        self.wait(|report| report.directories.iter().any(|report| report.name == directory && report.state == state))
            .await
    }

    fn action(&self, route: &str) -> Arc<Action> {
        Arc::clone(self.live.snapshot().find(route).unwrap_or_else(|| panic!("nothing at {route}")))
    }

    fn routes(&self) -> Vec<String> {
        self.live.snapshot().actions().iter().map(|action| action.route().to_owned()).collect()
    }
}

/// The word that [`ticket`] put into the file.
fn word_of(catalog: &Catalog, route: &str) -> Option<String> {
    let text = catalog.find(route)?.source().text();
    let after = text.split("word: ").nth(1)?;
    Some(after.split(' ').next()?.to_owned())
}

/// Replaces a file as editors do.
fn rename_save(path: &Path, text: &str) {
    let beside = path.with_extension("yaml.swp");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

/// Makes a mounted ConfigMap show these files: one rename of `..data`.
fn swap_config_map(mount: &Path, version: &str, files: &[(&str, &str)]) {
    let data = mount.join(format!("..{version}"));
    fs::create_dir_all(&data).unwrap();
    for (name, text) in files {
        fs::write(data.join(name), text).unwrap();
    }
    symlink(format!("..{version}"), mount.join("..data_tmp")).unwrap();
    let before = fs::read_link(mount.join("..data")).ok();
    fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
    for (name, _) in files {
        if fs::symlink_metadata(mount.join(name)).is_err() {
            symlink(Path::new("..data").join(name), mount.join(name)).unwrap();
        }
    }
    if let Some(before) = before {
        fs::remove_dir_all(mount.join(before)).unwrap();
    }
}

#[tokio::test]
async fn an_editors_save_by_rename_goes_live() {
    let mut served = Served::desk().await;
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("second"));
    served.wait_for_word("/desk/one", "second").await;
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("third"));
    served.wait_for_word("/desk/one", "third").await;
    assert!(served.live.report().is_clean());
}

#[tokio::test]
async fn a_half_written_file_keeps_the_last_good_version_and_recovers() {
    let mut served = Served::desk().await;
    let path = served.definitions.path("desk/one.yaml");
    fs::write(&path, "").unwrap();
    served.wait_for_state("desk", DirectoryState::LastGood).await;
    assert_eq!(word_of(&served.live.snapshot(), "/desk/one").as_deref(), Some("first"));
    fs::write(&path, &ticket("second")[..60]).unwrap();
    served.wait(|report| report.number >= 3).await;
    assert_eq!(word_of(&served.live.snapshot(), "/desk/one").as_deref(), Some("first"));
    fs::write(&path, ticket("second")).unwrap();
    served.wait_for_word("/desk/one", "second").await;
    assert!(served.live.report().is_clean());
}

#[tokio::test]
async fn a_config_map_mounted_as_a_service_directory_is_followed() {
    let definitions = Definitions::new(&[]);
    fs::create_dir(definitions.path("desk")).unwrap();
    swap_config_map(&definitions.path("desk"), "v0", &[("service.yaml", &desk()), ("one.yaml", &ticket("first"))]);
    let mut served = Served::serve(definitions, EVENTS_ONLY).await;
    assert_eq!(served.routes(), ["/desk/one"]);
    for word in ["second", "third", "fourth"] {
        swap_config_map(
            &served.definitions.path("desk"),
            word,
            &[("service.yaml", &desk()), ("one.yaml", &ticket(word))],
        );
        served.wait_for_word("/desk/one", word).await;
    }
}

#[tokio::test]
async fn a_config_map_mounted_flat_is_followed() {
    let action = |word: &str| format!("{}base_url: https://desk.example.com\n", ticket(word));
    let definitions = Definitions::new(&[]);
    swap_config_map(definitions.root(), "v0", &[("one.yaml", &action("first"))]);
    let mut served = Served::serve(definitions, EVENTS_ONLY).await;
    assert_eq!(served.routes(), ["/one"], "{:#}", serde_json::json!(*served.live.report()));
    for word in ["second", "third", "fourth"] {
        swap_config_map(served.definitions.root(), word, &[("one.yaml", &action(word))]);
        served.wait_for_word("/one", word).await;
    }
}

#[tokio::test]
async fn a_whole_directory_behind_a_link_is_followed() {
    let definitions = Definitions::new(&[("desk/service.yaml", &desk()), ("desk/one.yaml", &ticket("first"))]);
    let root = definitions.root().to_owned();
    fs::rename(&root, root.with_file_name("release-1")).unwrap();
    symlink("release-1", &root).unwrap();
    let mut served = Served::serve(definitions, EVENTS_ONLY).await;
    let second = root.with_file_name("release-2");
    fs::create_dir_all(second.join("desk")).unwrap();
    fs::write(second.join("desk/service.yaml"), desk()).unwrap();
    fs::write(second.join("desk/one.yaml"), ticket("second")).unwrap();
    symlink("release-2", root.with_file_name("next")).unwrap();
    fs::rename(root.with_file_name("next"), &root).unwrap();
    served.wait_for_word("/desk/one", "second").await;
    fs::write(second.join("desk/one.yaml"), ticket("third")).unwrap();
    served.wait_for_word("/desk/one", "third").await;
}

#[tokio::test]
async fn files_and_directories_come_and_go() {
    let mut served = Served::desk().await;
    served.definitions.write("desk/three.yaml", &ticket("first"));
    served.wait_for_word("/desk/three", "first").await;
    fs::remove_file(served.definitions.path("desk/three.yaml")).unwrap();
    let live = served.live.clone();
    served.wait(|_| live.snapshot().find("/desk/three").is_none()).await;
    served.definitions.write("crm/service.yaml", &desk());
    served.definitions.write("crm/one.yaml", &ticket("first"));
    served.wait_for_word("/crm/one", "first").await;
    fs::remove_dir_all(served.definitions.path("crm")).unwrap();
    served.wait(|_| live.snapshot().find("/crm/one").is_none()).await;
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
}

#[tokio::test]
async fn a_service_directory_that_is_made_again_is_watched_again() {
    let mut served = Served::desk().await;
    let live = served.live.clone();
    for word in ["second", "third"] {
        fs::remove_dir_all(served.definitions.path("desk")).unwrap();
        served.wait(|_| live.snapshot().find("/desk/one").is_none()).await;
        served.definitions.write("desk/service.yaml", &desk());
        served.definitions.write("desk/one.yaml", &ticket(word));
        served.wait_for_word("/desk/one", word).await;
    }
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("fourth"));
    served.wait_for_word("/desk/one", "fourth").await;
}

#[tokio::test]
async fn without_the_directory_what_was_served_is_served_on() {
    let mut served = Served::desk().await;
    let root = served.definitions.root().to_owned();
    fs::rename(&root, root.with_file_name("away")).unwrap();
    let report = served.wait(|report| report.failed.is_some()).await;
    assert!(!report.is_clean() && !report.changed);
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
    fs::rename(root.with_file_name("away"), &root).unwrap();
    served.wait(|report| report.failed.is_none()).await;
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("second"));
    served.wait_for_word("/desk/one", "second").await;
}

#[tokio::test]
async fn a_link_that_leads_nowhere_does_not_take_its_action_away() {
    let mut served = Served::desk().await;
    let path = served.definitions.path("desk/one.yaml");
    fs::remove_file(&path).unwrap();
    symlink("no-such-file", &path).unwrap();
    let report = served.wait_for_state("desk", DirectoryState::LastGood).await;
    assert_eq!(report.diagnostics[0].code.as_str(), "unreadable-file");
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
}

#[tokio::test]
async fn a_file_whose_reading_never_ends_is_told_and_not_read() {
    let mut served = Served::desk().await;
    symlink("/dev/zero", served.definitions.path("desk/three.yaml")).unwrap();
    let report = served.wait_for_state("desk", DirectoryState::LastGood).await;
    assert_eq!(report.diagnostics[0].code.as_str(), "unreadable-file");
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
}

#[tokio::test]
async fn two_hundred_files_changed_at_once_are_all_in_effect() {
    let names: Vec<String> = (0..200).map(|number| format!("s{}/a{number}.yaml", number % 5)).collect();
    let definitions = Definitions::new(&[]);
    for directory in 0..5 {
        definitions.write(&format!("s{directory}/service.yaml"), &desk());
    }
    names.iter().for_each(|name| definitions.write(name, &ticket("first")));
    let mut served = Served::serve(definitions, EVENTS_ONLY).await;
    assert_eq!(served.routes().len(), 200);
    names.iter().for_each(|name| served.definitions.write(name, &ticket("second")));
    let live = served.live.clone();
    served
        .wait(|_| {
            (0..200).all(|number| {
                word_of(&live.snapshot(), &format!("/s{}/a{number}", number % 5)).as_deref() == Some("second")
            })
        })
        .await;
}

#[tokio::test]
async fn a_broken_service_does_not_hold_up_the_others() {
    let mut served = Served::desk().await;
    served.definitions.write("crm/service.yaml", &desk());
    served.definitions.write("crm/one.yaml", &ticket("first"));
    served.wait_for_word("/crm/one", "first").await;
    served.definitions.write("desk/one.yaml", BROKEN);
    served.definitions.write("crm/one.yaml", &ticket("second"));
    served.wait_for_word("/crm/one", "second").await;
    served.wait_for_state("desk", DirectoryState::LastGood).await;
    assert_eq!(served.routes(), ["/crm/one", "/desk/one", "/desk/two"]);
    assert_eq!(word_of(&served.live.snapshot(), "/desk/one").as_deref(), Some("first"));
}

#[tokio::test]
async fn a_broken_service_file_keeps_all_its_actions() {
    let mut served = Served::desk().await;
    served.definitions.write("desk/service.yaml", BROKEN);
    let report = served.wait_for_state("desk", DirectoryState::LastGood).await;
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
    assert!(
        report.diagnostics.iter().all(|problem| problem.source.name().ends_with("service.yaml")),
        "{:#}",
        serde_json::json!(*report)
    );
}

#[tokio::test]
async fn a_new_service_with_errors_is_not_served_until_it_has_none() {
    let mut served = Served::desk().await;
    served.definitions.write("crm/service.yaml", &desk());
    served.definitions.write("crm/one.yaml", BROKEN);
    served.wait_for_state("crm", DirectoryState::Broken).await;
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
    served.definitions.write("crm/one.yaml", &ticket("first"));
    served.wait_for_word("/crm/one", "first").await;
    served.wait_for_state("crm", DirectoryState::Live).await;
}

#[tokio::test]
async fn a_route_stays_with_its_first_owner() {
    let mut served = Served::desk().await;
    served.definitions.write("crm/service.yaml", &desk());
    served.definitions.write("crm/one.yaml", &format!("route: /desk/one\n{}", ticket("thief")));
    let report = served.wait_for_state("crm", DirectoryState::Broken).await;
    assert_eq!(word_of(&served.live.snapshot(), "/desk/one").as_deref(), Some("first"));
    assert_eq!(
        report.directories.iter().map(|directory| (directory.name.as_str(), directory.state)).collect::<Vec<_>>(),
        [("crm", DirectoryState::Broken), ("desk", DirectoryState::Live)]
    );
    let taken = report.diagnostics.iter().find(|problem| problem.code.as_str() == "duplicate-route").unwrap();
    assert!(taken.message.contains("desk/one.yaml"), "{}", taken.message);
    // Once the owner is gone, the route is free.
    fs::remove_file(served.definitions.path("desk/one.yaml")).unwrap();
    served.wait_for_word("/desk/one", "thief").await;
}

#[tokio::test]
async fn actions_of_unchanged_files_are_the_same_ones() {
    let mut served = Served::desk().await;
    let (one, two) = (served.action("/desk/one"), served.action("/desk/two"));
    served.definitions.write("desk/one.yaml", &ticket("second"));
    served.wait_for_word("/desk/one", "second").await;
    assert!(!Arc::ptr_eq(&one, &served.action("/desk/one")));
    assert!(Arc::ptr_eq(&two, &served.action("/desk/two")));
    // Also through a time in which their neighbour had errors.
    served.definitions.write("desk/one.yaml", BROKEN);
    served.wait_for_state("desk", DirectoryState::LastGood).await;
    served.definitions.write("desk/one.yaml", &ticket("third"));
    served.wait_for_word("/desk/one", "third").await;
    assert!(Arc::ptr_eq(&two, &served.action("/desk/two")));
}

#[tokio::test]
async fn the_same_text_again_is_no_new_revision() {
    let mut served = Served::desk().await;
    let before = served.live.report();
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("first"));
    let after = served.wait(|report| report.number > before.number).await;
    assert_eq!((after.revision, after.changed), (before.revision, false));
}

#[tokio::test]
async fn an_error_that_stays_is_no_new_revision() {
    let mut served = Served::desk().await;
    served.definitions.write("desk/one.yaml", BROKEN);
    let broken = served.wait_for_state("desk", DirectoryState::LastGood).await;
    let again = served.live.reload().await;
    assert_eq!((again.revision, again.changed), (broken.revision, false));
}

/// Every noticed change is a round of its own with these, so that none hides behind another.
const AT_ONCE: LiveSettings = LiveSettings { quiet: Duration::ZERO, ..EVENTS_ONLY };

/// Rounds of the reloader for 20 questions, with this between them, and one change at the end.
///
/// The events of that change stand behind all earlier ones, so that whatever was noticed has been counted.
async fn rounds(between: impl Fn(&Definitions)) -> u64 {
    let files = [("desk/service.yaml", desk()), ("desk/one.yaml", ticket("first"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut served = Served::serve(Definitions::new(&files), AT_ONCE).await;
    let before = served.live.reload().await.number;
    for _ in 0..20 {
        between(&served.definitions);
        served.live.reload().await;
    }
    rename_save(&served.definitions.path("desk/one.yaml"), &ticket("second"));
    served.wait_for_word("/desk/one", "second").await;
    served.live.report().number - before
}

#[tokio::test]
async fn reading_does_not_cause_reloads() {
    let rounds = rounds(|definitions| {
        for name in ["one", "service"] {
            fs::read(definitions.path(&format!("desk/{name}.yaml"))).unwrap();
        }
    })
    .await;
    // A save is up to four events: made, written, renamed away and here.
    assert!((21..=25).contains(&rounds), "{rounds} rounds");
}

#[tokio::test]
async fn a_busy_directory_above_causes_no_reloads() {
    let rounds =
        rounds(|definitions| fs::write(definitions.root().with_file_name("service.log"), "a line").unwrap()).await;
    assert!((21..=25).contains(&rounds), "{rounds} rounds");
}

#[tokio::test]
async fn an_explicit_reload_is_done_when_it_answers() {
    let settings = LiveSettings { quiet: Duration::from_secs(3600), longest: Duration::from_secs(3600), ..EVENTS_ONLY };
    let served = Served::serve(
        Definitions::new(&[("desk/service.yaml", &desk()), ("desk/one.yaml", &ticket("first"))]),
        settings,
    )
    .await;
    served.definitions.write("desk/two.yaml", &ticket("first"));
    let report =
        timeout(PATIENCE, served.live.reload()).await.expect("a reload that was asked for does not wait for quiet");
    assert!(report.changed && report.is_clean());
    assert_eq!(served.routes(), ["/desk/one", "/desk/two"]);
    assert_eq!(report.revision, served.live.snapshot().revision());
}

/// What a link leads to is in no watched directory, as with a bind mount that is changed from outside.
#[tokio::test]
async fn polling_finds_changes_where_no_events_come() {
    let definitions = Definitions::new(&[("desk/service.yaml", &desk())]);
    let elsewhere = tempfile::TempDir::new().unwrap();
    let target = elsewhere.path().join("one.yaml");
    fs::write(&target, ticket("first")).unwrap();
    symlink(&target, definitions.path("desk/one.yaml")).unwrap();
    let mut served = Served::serve(definitions, LiveSettings { poll: Duration::from_millis(20), ..EVENTS_ONLY }).await;
    fs::write(&target, ticket("second")).unwrap();
    served.wait_for_word("/desk/one", "second").await;
}

#[tokio::test]
async fn old_catalogs_are_freed() {
    let mut served = Served::desk().await;
    let (catalog, action) = (Arc::downgrade(&served.live.snapshot()), Arc::downgrade(&served.action("/desk/one")));
    let call = served.action("/desk/two");
    served.definitions.write("desk/one.yaml", &ticket("second"));
    served.wait_for_word("/desk/one", "second").await;
    // Whatever the reloader held during the round is let go when the next one answers.
    served.live.reload().await;
    assert_eq!((catalog.strong_count(), action.strong_count()), (0, 0));
    assert!(Arc::strong_count(&call) >= 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_always_see_a_whole_catalog() {
    let names = ["a", "b", "c", "d", "e"];
    let served = Served::start(&[("desk/service.yaml", &desk())]).await;
    let write_all = |word: &str| {
        names.iter().for_each(|name| served.definitions.write(&format!("desk/{name}.yaml"), &ticket(word)));
    };
    write_all("w0");
    served.live.reload().await;
    let over = AtomicBool::new(false);
    let reloads = async {
        for round in 1..=50 {
            write_all(&format!("w{round}"));
            let report = served.live.reload().await;
            assert!(report.is_clean());
        }
        over.store(true, Ordering::SeqCst);
    };
    let (over, live) = (&over, &served.live);
    let seen = thread::scope(|threads| {
        let readers: Vec<_> = (0..4)
            .map(|_| {
                threads.spawn(move || {
                    let mut last = 0;
                    let mut seen = BTreeSet::new();
                    while !over.load(Ordering::SeqCst) {
                        let catalog = live.snapshot();
                        assert!(catalog.revision() >= last);
                        last = catalog.revision();
                        assert!(names.iter().all(|name| catalog.find(&format!("/desk/{name}")).is_some()));
                        seen.insert(last);
                    }
                    seen
                })
            })
            .collect();
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(reloads));
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect::<BTreeSet<_>>()
    });
    assert!(seen.len() > 1, "the readers saw revisions {seen:?}");
}

#[test]
fn calls_under_load_never_fail_while_definitions_change() {
    // The service says back the word that the request was built with: request and response of one revision.
    let stub = StubService::start(|request| {
        vec![Act::Send(json_answer(201, &format!("{{\"id\":\"of {}\"}}", request.json()["word"].as_str().unwrap())))]
    });
    let definitions =
        Definitions::new(&[("desk/service.yaml", &service_at(&stub.url())), ("desk/one.yaml", &ticket("w0"))]);
    let bridge = Bridge::serve(definitions.root(), &[]);
    let over = AtomicBool::new(false);
    let call = "{\"auth\":{\"key\":\"k\"},\"data\":{\"subject\":\"s\"}}";
    let (public, over) = (bridge.public(), &over);
    let words = thread::scope(|threads| {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                threads.spawn(move || {
                    let (mut client, mut words) = (Client::connect(public), BTreeSet::new());
                    while !over.load(Ordering::SeqCst) {
                        let answered = client.post("/desk/one", call);
                        assert_eq!(answered.status, 201, "{}", answered.text());
                        let message = answered.message();
                        let (word, id) = message.split_once(' ').unwrap();
                        assert_eq!(id, format!("of {word}"), "a call of two revisions");
                        words.insert(word.to_owned());
                    }
                    words
                })
            })
            .collect();
        for round in 1..=20 {
            rename_save(&definitions.path("desk/one.yaml"), &ticket(&format!("w{round}")));
            let mut admin = Client::connect(bridge.admin());
            admin.send("POST", "/reload", "", "");
            assert_eq!(admin.receive().status, 200);
            assert!(post(public, "/desk/one", call).message().starts_with(&format!("w{round} ")));
        }
        over.store(true, Ordering::SeqCst);
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect::<BTreeSet<_>>()
    });
    assert!(words.len() > 1, "{words:?}");
    assert_eq!(request(bridge.admin(), "GET", "/readyz").json()["ready"], true);
}
