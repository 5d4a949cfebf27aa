//! Replicas that share one Redis. Needs `redis-server`; not part of a plain `cargo test`:
//! `cargo test --test redis`.

#[allow(dead_code, unused_imports, reason = "what the other tests stand on, of which these use a part")]
#[path = "../it/support/mod.rs"]
mod support;

mod replicas;
mod server;
mod shared;
