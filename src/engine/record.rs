//! What a call did, for the log and for explanations. Holds no values.

/// What happened in one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Every request that was sent, in order.
    pub attempts: Vec<Attempt>,
    /// Ids of the steps that ran.
    pub steps: Vec<String>,
    /// Error rules that matched, as `file:line`.
    pub rules: Vec<String>,
    /// Whether the call was answered from what an earlier one left.
    pub repeated: bool,
    /// Optional fields for which nothing was found, and why.
    pub missed: Vec<String>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The step.
    pub step: String,
    /// The answer's status, or why there is none.
    pub result: Result<u16, String>,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl Record {
    /// The status of the last answer.
    #[must_use]
    pub fn last_status(&self) -> Option<u16> {
        self.attempts.iter().rev().find_map(|attempt| attempt.result.as_ref().ok().copied())
    }
}
