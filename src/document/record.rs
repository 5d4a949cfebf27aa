//! What the decoders of this thread know: the keys of each map and the words of each choice.
//!
//! Only in tests, which compare it with the schema.

use std::cell::RefCell;

thread_local! {
    static KEYS: RefCell<Vec<Vec<&'static str>>> = const { RefCell::new(Vec::new()) };
    static WORDS: RefCell<Vec<Vec<&'static str>>> = const { RefCell::new(Vec::new()) };
}

/// Notes the keys of a map that has been read.
pub(super) fn note_keys(keys: &[&'static str]) {
    KEYS.with_borrow_mut(|noted| noted.push(keys.to_vec()));
}

/// Notes the words that were allowed.
pub(super) fn note_words(words: impl Iterator<Item = &'static str>) {
    WORDS.with_borrow_mut(|noted| noted.push(words.collect()));
}

/// The keys of every map read since the last call.
pub(super) fn take_keys() -> Vec<Vec<&'static str>> {
    KEYS.take()
}

/// The words of every choice read since the last call.
pub(super) fn take_words() -> Vec<Vec<&'static str>> {
    WORDS.take()
}
