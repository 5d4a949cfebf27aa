//! The settings file: it fills in what neither a flag nor a variable says.

mod file;
mod serve;
mod settle;

pub(super) use settle::{refuse, settle};
