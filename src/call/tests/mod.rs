//! What holds across attempts, steps and calls, against a service that does what a test says; the clock is paused.

mod answers;
mod evidence;
mod long_work;
mod masks;
mod service;
mod time;
mod tokens;
