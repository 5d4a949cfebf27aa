//! Steps, top to bottom: those of an action, and those that fetch a token.
//!
//! Owns the captures and the way back of `rerun_from`; a request of a step is `attempt`'s.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::attempt::{Element, StepRequest, exchange, scope_of};
use super::evidence::Finding;
use super::failure::{CallError, CallResult, explained, not_built, unexplained};
use super::frame::{Frame, Progress};
use super::journal::Work;
use super::map::{MapError, capture_value, near_miss, source_text};
use super::trace::{self, Event, Visibility};
use super::verdict::{Judged, Verdict, finding};
use super::{BuildError, FailureKind, build_value};
use crate::catalog::{Act, Capture, Exchange, ForEach, RuleEffect, Step, Structure};
use crate::condition::ConditionError;
use crate::template::RenderError;
use crate::upstream::Sender;
use crate::value::text_of;

/// What a login step captures is a secret if it is not shorter than this, in bytes: no flag, no small number.
const SHORTEST_SESSION: usize = 8;

/// Where the steps go on after one of them.
enum Next {
    Onwards,
    BackTo(usize),
}

/// Runs the steps to the last, or to the first failure.
pub(super) async fn run_steps<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    steps: &[Step],
) -> CallResult<()> {
    let mut index = 0;
    let goes_back = steps.iter().any(Step::may_go_back);
    while let Some(step) = steps.get(index) {
        if goes_back {
            progress.captures.before.truncate(index);
            progress.captures.before.push(progress.captures.vars.clone());
        }
        match run_step(frame, progress, step).await? {
            Next::Onwards => index += 1,
            Next::BackTo(earlier) => {
                let before = progress.captures.before.get(earlier).cloned();
                progress.captures.vars = before.unwrap_or_else(|| Value::Object(Map::new()));
                index = earlier;
            }
        }
    }
    Ok(())
}

async fn run_step<S: Sender + 'static>(frame: &Frame<'_, S>, progress: &mut Progress, step: &Step) -> CallResult<Next> {
    if let Some(when) = &step.when {
        let scope = frame.scope(progress);
        let holds = frame.pure(|| when.holds(&scope, None), ConditionError::exhausted).await;
        let holds = holds.map_err(|error| {
            let message = format!("The condition of step `{}` cannot be answered: {error}", step.id);
            Box::new(CallError::new(FailureKind::Build, message).of_step(&step.id, "when"))
        })?;
        if !holds {
            frame.conditions.trace.note(|| Event::Skipped { step: step.id.to_string() });
            return Ok(Next::Onwards);
        }
    }
    frame.conditions.trace.note(|| Event::Began { step: step.id.to_string() });
    let span = frame.begin_span(progress, Work::Step(Arc::clone(&step.id)));
    let outer = progress.span.replace(span);
    let next = act(frame, progress, step).await;
    progress.span = outer;
    progress.journal.end(span, frame.since);
    next
}

async fn act<S: Sender + 'static>(frame: &Frame<'_, S>, progress: &mut Progress, step: &Step) -> CallResult<Next> {
    match &step.act {
        Act::Fail(message) => {
            let scope = frame.scope(progress);
            let text = frame.pure(|| message.string(&scope), RenderError::exhausted).await;
            let text = text.map_err(|error| Box::new(not_built(&step.id, &BuildError::render("fail", &error))))?;
            Err(Box::new(CallError::new(FailureKind::Refused, text.unwrap_or_default()).of_step(&step.id, "fail")))
        }
        Act::Set(values) => {
            set(frame, progress, (&step.id, values)).await?;
            Ok(Next::Onwards)
        }
        Act::Exchange(exchange) => match &step.for_each {
            Some(for_each) => {
                Box::pin(each(frame, progress, (step, exchange), for_each)).await?;
                Ok(Next::Onwards)
            }
            None => request(frame, progress, StepRequest { step, exchange, element: None }).await,
        },
    }
}

/// One element after the other; the first failure ends the call.
async fn each<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    (step, exchange): (&Step, &Exchange),
    for_each: &ForEach,
) -> CallResult<()> {
    let refuse = |reason: String| Box::new(not_built(&step.id, &BuildError::new("for_each.in", reason)));
    let scope = frame.scope(progress);
    let list = frame.pure(|| for_each.list.value(&scope), RenderError::exhausted).await;
    let list = list.map_err(|error| refuse(error.to_string()))?;
    let items = match list {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(refuse(format!("takes a list, found {}", crate::value::kind_of(Some(&other))))),
    };
    if u64::try_from(items.len()).unwrap_or(u64::MAX) > for_each.max {
        return Err(refuse(format!("the list has {} elements, and `max` is {}", items.len(), for_each.max)));
    }
    let mut collected: Vec<Vec<Value>> = vec![Vec::new(); exchange.collect.len()];
    for item in &items {
        let element = Some((for_each.name.as_str(), item));
        request(frame, progress, StepRequest { step, exchange, element }).await?;
        for (capture, values) in exchange.collect.iter().zip(&mut collected) {
            values.extend(captured(frame, progress, (step, capture), element).await?);
        }
    }
    for (capture, values) in exchange.collect.iter().zip(collected) {
        progress.captures.keep(&capture.name, Value::Array(values));
    }
    Ok(())
}

/// One request, its judged answer, and what follows from it.
async fn request<S: Sender + 'static>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'_>,
) -> CallResult<Next> {
    let Judged { answer, verdict, attempt } = exchange(frame, progress, request).await?;
    let (step, status) = (request.step, answer.status);
    progress.answer = Some(answer);
    frame.conditions.trace.note(|| match &verdict {
        Verdict::Success => Event::Succeeded,
        Verdict::Failed(rule) => Event::Failed { rule: rule.map(|rule| rule.place.clone()) },
        Verdict::Expired => Event::Failed { rule: None },
    });
    let found = finding(&verdict, status);
    let rule = match verdict {
        Verdict::Success => {
            let captures = &request.exchange.captures;
            let kept = capture_all(frame, progress, request, captures).await;
            // A required value that is there proves that the answer is the one of the work done.
            let proven = kept.is_ok() && captures.iter().any(|capture| capture.required);
            progress.evidence.settle(attempt, if proven { Finding::Done } else { found });
            kept?;
            note_ids(progress, request);
            return Ok(Next::Onwards);
        }
        Verdict::Failed(rule) => rule,
        Verdict::Expired => None,
    };
    progress.evidence.settle(attempt, found);
    let Some(rule) = rule else {
        let answer = progress.answer.as_ref();
        return Err(Box::new(answer.map_or_else(
            || CallError::new(FailureKind::Bug, "there is no answer"),
            |answer| unexplained(frame.title(), &step.id, answer, frame.budget),
        )));
    };
    progress.journal.rules.push(rule.place.clone());
    match &rule.effect {
        RuleEffect::Accept(captures) => {
            capture_all(frame, progress, request, captures).await?;
            Ok(Next::Onwards)
        }
        RuleEffect::Rerun(earlier) => {
            progress.captures.reran = true;
            Ok(Next::BackTo(*earlier))
        }
        effect => {
            let scope = scope_of(frame, progress, request.element);
            let answer = progress.answer.as_ref();
            Err(Box::new(answer.map_or_else(
                || CallError::new(FailureKind::Bug, "there is no answer"),
                |answer| explained(frame.title(), &step.id, effect, &scope, answer),
            )))
        }
    }
}

async fn capture_all<S>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    request: StepRequest<'_>,
    captures: &[Capture],
) -> CallResult<()> {
    let mut found = Vec::new();
    for capture in captures {
        let value = captured(frame, progress, (request.step, capture), request.element).await?;
        if let Some(text) = value.as_ref().and_then(text_of) {
            match frame.visibility {
                _ if capture.secret => progress.guard(&text),
                // What a login step finds is sent by the next one.
                Visibility::Hidden if text.len() >= SHORTEST_SESSION => progress.guard(&text),
                Visibility::Hidden | Visibility::Shown => {}
            }
        }
        note_capture(frame, progress, ("vars", &capture.name, capture), value.as_ref());
        found.push((&capture.name, value));
    }
    for (name, value) in found {
        // A name for which nothing was found keeps what an earlier step captured.
        if let Some(value) = value {
            progress.captures.keep(name, value);
        }
    }
    Ok(())
}

/// What a step that changed something captured is named if a later one fails.
fn note_ids(progress: &mut Progress, request: StepRequest<'_>) {
    if request.is_read_only() {
        return;
    }
    for capture in request.exchange.captures.iter().filter(|capture| !capture.secret) {
        if let Some(id) = progress.captures.vars.get(&capture.name).and_then(text_of) {
            progress.evidence.note_id(&request.step.id, &capture.name, &id);
        }
    }
}

async fn captured<S>(
    frame: &Frame<'_, S>,
    progress: &Progress,
    (step, capture): (&Step, &Capture),
    element: Element<'_>,
) -> CallResult<Option<Value>> {
    let scope = scope_of(frame, progress, element);
    let value = frame.pure(|| capture_value(capture, &scope, progress.answer.as_ref()), MapError::exhausted).await;
    value.map_err(|error| {
        let message = format!("{} answered, but `capture.{}`: {error}", frame.title(), capture.name);
        Box::new(
            CallError::new(FailureKind::BadAnswer, message).of_step(&step.id, &format!("capture `{}`", capture.name)),
        )
    })
}

/// Notes where a value was looked for, and what was there.
pub(super) fn note_capture<S>(
    frame: &Frame<'_, S>,
    progress: &Progress,
    (root, name, capture): (&str, &str, &Capture),
    value: Option<&Value>,
) {
    frame.conditions.trace.note(|| {
        let near = match value {
            Some(_) => None,
            None => near_miss(capture, progress.answer.as_ref(), frame.budget).unwrap_or_default(),
        };
        let visibility = if capture.secret { Visibility::Hidden } else { frame.visibility };
        let place = (format!("{root}.{name}"), source_text(capture));
        trace::captured(place, value, near, (&progress.masks, visibility))
    });
}

/// Works out the values of a `set`.
pub(super) async fn set<S>(
    frame: &Frame<'_, S>,
    progress: &mut Progress,
    (step, values): (&Arc<str>, &[(String, Structure)]),
) -> CallResult<()> {
    let mut built = Vec::new();
    for (name, structure) in values {
        let scope = frame.scope(progress);
        let value = frame.pure(|| build_value(structure, &scope), BuildError::exhausted).await;
        built.push((name, value.map_err(|error| Box::new(not_built(step, &error.within(name))))?));
    }
    for (name, value) in built {
        if let Some(value) = value {
            progress.captures.keep(name, value);
        }
    }
    Ok(())
}
