//! What a template can see: roots and names by value, the instant of the call, and the budget that its work is charged to.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest::{SHA256, digest};
use serde_json::Value;
use uuid::{Builder, Uuid};

use crate::budget::Budget;
use crate::value::FieldMap;

/// Roots and names of one place in one call; borrowed, cheap to extend.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    clock: &'a CallClock,
    budget: &'a Budget,
    /// The first of them stand here, since a scope is made for every template.
    first: [(&'a str, Named<'a>); FIRST],
    count: usize,
    more: Vec<(&'a str, Named<'a>)>,
}

/// What stands under a name.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    /// A value.
    Value(&'a Value),
    /// The fields of a root.
    Fields(&'a FieldMap),
}

impl<'a> From<&'a Value> for Named<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Value(value)
    }
}

impl<'a> From<&'a FieldMap> for Named<'a> {
    fn from(fields: &'a FieldMap) -> Self {
        Self::Fields(fields)
    }
}

/// The roots, and the names of two loops within one another.
const FIRST: usize = 10;

impl<'a> Scope<'a> {
    /// A scope in which nothing has a name yet.
    #[must_use]
    pub fn new(clock: &'a CallClock, budget: &'a Budget) -> Self {
        Self { clock, budget, first: [("", Named::Value(&Value::Null)); FIRST], count: 0, more: Vec::new() }
    }

    /// The same scope with one more name; it hides an earlier one.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Named<'a>>) -> Self {
        let value = value.into();
        match self.first.get_mut(self.count) {
            Some(free) => (*free, self.count) = ((name, value), self.count + 1),
            None => self.more.push((name, value)),
        }
        self
    }

    /// What stands under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Named<'a>> {
        let first = self.first.get(..self.count).unwrap_or_default();
        let mut newest_first = self.more.iter().rev().chain(first.iter().rev());
        newest_first.find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// The instant of the call.
    #[must_use]
    pub fn clock(&self) -> &'a CallClock {
        self.clock
    }

    /// The account of the call, to which all work in this scope is charged.
    #[must_use]
    pub fn budget(&self) -> &'a Budget {
        self.budget
    }
}

/// When a call happens, and where its unique ids come from, so that building stays free of clocks.
#[derive(Debug)]
pub struct CallClock {
    now: jiff::Timestamp,
    /// Whether time goes on; it stands still in tests.
    began: Option<std::time::Instant>,
    /// Random, or given; drawn when it is needed.
    seed: OnceLock<[u8; 16]>,
    drawn: AtomicU64,
}

impl CallClock {
    /// This instant, with a random seed.
    #[must_use]
    pub fn now() -> Self {
        Self {
            now: jiff::Timestamp::now(),
            began: Some(std::time::Instant::now()),
            seed: OnceLock::new(),
            drawn: AtomicU64::new(0),
        }
    }

    /// A given instant and seed: the same templates give the same text.
    #[must_use]
    pub fn fixed(now: jiff::Timestamp, seed: [u8; 16]) -> Self {
        Self { now, began: None, seed: seed.into(), drawn: AtomicU64::new(0) }
    }

    /// The instant.
    #[must_use]
    pub fn instant(&self) -> jiff::Timestamp {
        self.now
    }

    /// The time of an attempt, for signatures: the instant of the call, and what has passed since.
    #[must_use]
    pub fn present(&self) -> jiff::Timestamp {
        let passed = self.began.map(|began| began.elapsed()).unwrap_or_default();
        self.now.checked_add(passed).unwrap_or(self.now)
    }

    /// How many ids have been drawn.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }

    /// Draws the ids after the first `drawn` again, for a request that is built a second time.
    pub fn redraw_from(&self, drawn: u64) {
        self.drawn.store(drawn, Ordering::Relaxed);
    }

    /// A unique id no one has drawn before from this clock (RFC 9562 version 4 in form).
    #[must_use]
    pub fn draw_uuid(&self) -> Uuid {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let seed = self.seed.get_or_init(|| Uuid::new_v4().into_bytes());
        let drawn = digest(&SHA256, &[seed.as_slice(), &number.to_be_bytes()].concat());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(drawn.as_ref()).for_each(|(byte, drawn)| *byte = *drawn);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}
