//! The stages, by name.

use std::hint::black_box;
use std::sync::Arc;

use action_executor::budget::Budget;
use action_executor::call::{Envelope, Inputs, ServiceAnswer, build_request, build_response, decode_envelope, intake};
use action_executor::catalog::{Act, Exchange, Operator, build, load};
use action_executor::content::Content;
use action_executor::json_path::JsonPath;
use action_executor::keyword::AnswerFormat;
use action_executor::secret::Masks;
use action_executor::template::{CallClock, EscapeError, Scope, Template};
use bytes::Bytes;
use http::HeaderMap;

use super::definitions::{action, answer, body, catalog, long_answer, written};
use super::service::{MockTransport, calls};

/// Something that can be done over and over.
pub(crate) struct Stage {
    /// Its name in reports and in the baseline.
    pub(crate) name: &'static str,
    /// Prepares it; what comes back does it so many times.
    pub(crate) make: fn() -> Box<dyn Fn(usize)>,
}

/// Every stage: those of one call in their order, whole calls, and what happens at load.
pub(crate) const STAGES: &[Stage] = &[
    Stage { name: "body_parse", make: body_parse },
    Stage { name: "input_check", make: input_check },
    Stage { name: "template_text", make: template_text },
    Stage { name: "template_in_a_path", make: template_in_a_path },
    Stage { name: "request_build", make: request_build },
    Stage { name: "answer_read", make: answer_read },
    Stage { name: "answer_read_whole", make: answer_read_whole },
    Stage { name: "json_path", make: json_path },
    Stage { name: "response_map", make: response_map },
    Stage { name: "redaction", make: redaction },
    Stage { name: "lookup_in_1", make: || lookup(1) },
    Stage { name: "lookup_in_1000", make: || lookup(1000) },
    Stage { name: "call", make: || call("ticket_0", 0) },
    Stage { name: "call_of_three_steps", make: || call("three_steps", 0) },
    Stage { name: "call_with_100_kb_and_five_paths", make: || five_paths(500) },
    Stage { name: "call_with_200_kb_and_five_paths", make: || five_paths(1000) },
    Stage { name: "call_for_each_of_20", make: || call("each", 20) },
    Stage { name: "call_for_each_of_40", make: || call("each", 40) },
    Stage { name: "compile_a_file", make: compile_a_file },
];

fn repeat(mut work: impl FnMut(), times: usize) {
    for _ in 0..times {
        work();
    }
}

fn body_parse() -> Box<dyn Fn(usize)> {
    let body = body(0);
    Box::new(move |times| repeat(|| drop(black_box(decode_envelope(&body))), times))
}

fn call_sent() -> Envelope {
    decode_envelope(&body(0)).expect("a call")
}

fn input_check() -> Box<dyn Fn(usize)> {
    let (action, envelope) = (action(&catalog(1), "ticket_0"), call_sent());
    Box::new(move |times| repeat(|| drop(black_box(intake(&action, envelope.clone(), &Masks::default()))), times))
}

fn inputs() -> Inputs {
    intake(&action(&catalog(1), "ticket_0"), call_sent(), &Masks::default()).expect("inputs").0
}

/// Does something with what templates of a call see, so many times.
fn within(inputs: &Inputs, times: usize, mut work: impl FnMut(&Scope<'_>)) {
    let (clock, budget) = (CallClock::now(), Budget::unlimited());
    let scope =
        Scope::new(&clock, &budget).with("auth", &inputs.auth).with("data", &inputs.data).with("meta", &inputs.meta);
    repeat(|| work(&scope), times);
}

fn template_text() -> Box<dyn Fn(usize)> {
    let template = Template::compile("Ticket {{data.subject}} of {{meta.contact_external_id}}").expect("a template");
    let inputs = inputs();
    Box::new(move |times| within(&inputs, times, |scope| drop(black_box(template.string(scope)))))
}

fn template_in_a_path() -> Box<dyn Fn(usize)> {
    let template = Template::compile("/contacts/{{meta.contact_external_id}}/tickets").expect("a template");
    let inputs = inputs();
    let escape = |text: &str| Ok::<_, EscapeError>(text.replace('/', "%2F"));
    Box::new(move |times| within(&inputs, times, |scope| drop(black_box(template.escaped(scope, &escape)))))
}

fn exchange() -> Exchange {
    let action = action(&catalog(1), "ticket_0");
    match action.steps().first().map(|step| &step.act) {
        Some(Act::Exchange(exchange)) => (**exchange).clone(),
        _ => panic!("the ticket is made by one request"),
    }
}

fn request_build() -> Box<dyn Fn(usize)> {
    let (exchange, inputs) = (exchange(), inputs());
    Box::new(move |times| within(&inputs, times, |scope| drop(black_box(build_request(&exchange.request, scope)))))
}

fn answer_read() -> Box<dyn Fn(usize)> {
    let (exchange, answer) = (exchange(), Bytes::from(answer()));
    let wanted = Arc::clone(exchange.projection_of(201));
    Box::new(move |times| {
        repeat(
            || {
                drop(black_box(Content::read(
                    answer.clone(),
                    Some("application/json"),
                    AnswerFormat::Auto,
                    &wanted,
                    &Budget::unlimited(),
                )));
            },
            times,
        );
    })
}

fn answer_read_whole() -> Box<dyn Fn(usize)> {
    let (answer, wanted) = (Bytes::from(answer()), Arc::default());
    Box::new(move |times| {
        repeat(
            || {
                drop(black_box(Content::read(
                    answer.clone(),
                    Some("application/json"),
                    AnswerFormat::Auto,
                    &wanted,
                    &Budget::unlimited(),
                )));
            },
            times,
        );
    })
}

fn json_path() -> Box<dyn Fn(usize)> {
    let path = JsonPath::compile("$.ticket.custom_fields[3].id").expect("a path");
    let answer = serde_json::from_slice(&answer()).expect("JSON");
    Box::new(move |times| repeat(|| drop(black_box(path.nodes(&answer, &Budget::unlimited()))), times))
}

fn response_map() -> Box<dyn Fn(usize)> {
    let (action, exchange, inputs) = (action(&catalog(1), "ticket_0"), exchange(), inputs());
    let content = Content::read(
        Bytes::from(answer()),
        None,
        AnswerFormat::Auto,
        exchange.projection_of(201),
        &Budget::unlimited(),
    )
    .expect("a content");
    let answered = ServiceAnswer { status: 201, headers: HeaderMap::new(), content };
    Box::new(move |times| {
        within(&inputs, times, |scope| drop(black_box(build_response(&action, scope, Some(&answered)))));
    })
}

fn redaction() -> Box<dyn Fn(usize)> {
    let (action, envelope) = (action(&catalog(1), "ticket_0"), call_sent());
    let (_, masks) = intake(&action, envelope, &Masks::default()).expect("inputs");
    Box::new(move |times| {
        repeat(|| drop(black_box(masks.clone().redact("Ticket 35436 created"))), times);
    })
}

fn lookup(actions: usize) -> Box<dyn Fn(usize)> {
    let (catalog, mut asked) = (catalog(actions), 0);
    let routes: Vec<String> = (0..64).map(|number| format!("/desk/ticket_{}", number * 7919 % actions)).collect();
    let next = move || {
        asked = (asked + 1) % routes.len();
        black_box(catalog.find(&routes[asked]).is_some());
    };
    let next = std::cell::RefCell::new(next);
    Box::new(move |times| repeat(|| (next.borrow_mut())(), times))
}

fn call(name: &str, items: usize) -> Box<dyn Fn(usize)> {
    Box::new(calls(action(&catalog(1), name), body(items), MockTransport::new(answer())))
}

fn five_paths(elements: usize) -> Box<dyn Fn(usize)> {
    Box::new(calls(action(&catalog(1), "five_paths"), body(0), MockTransport::new(long_answer(elements))))
}

/// The service is taken over from the catalog before, the action is compiled anew.
fn compile_a_file() -> Box<dyn Fn(usize)> {
    let (directory, text) = written(1);
    let operator = Operator::default();
    let before = build(&load(directory.path()).expect("a directory"), &operator, None);
    std::fs::write(directory.path().join("desk/ticket_0.yaml"), format!("{text}# changed\n")).expect("a file");
    let files = load(directory.path()).expect("a directory");
    Box::new(move |times| repeat(|| drop(black_box(build(&files, &operator, Some(&before)))), times))
}
