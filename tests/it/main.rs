//! Everything that is tested from outside, in one binary.

mod author;
mod breaker;
mod budget;
mod call_cases;
mod check_cases;
mod cli;
mod console;
mod contract;
mod docs;
mod echo;
mod export;
mod hostile;
mod idempotency;
mod identity;
mod import;
mod limits;
mod lsp;
mod misbehaving;
mod operator;
mod reload;
mod support;
mod tidy;
mod tokens;
mod upstream;
mod verify;
mod ways_to_fail;
