//! Arguments that may hold a secret: an error about one never repeats its value.

use std::ffi::OsStr;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// Reads a value as its type does, and never shows it.
#[derive(Clone)]
pub(super) struct Unseen<T>(PhantomData<fn() -> T>);

impl<T> Unseen<T> {
    pub(super) fn parser() -> Self {
        Self(PhantomData)
    }
}

impl<T> TypedValueParser for Unseen<T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: Display,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let read = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned());
        read.and_then(|text| text.parse().map_err(|error: T::Err| error.to_string())).map_err(|reason| {
            let argument = argument.map(|argument| format!("--{}: ", argument.get_id().as_str().replace('_', "-")));
            let message = format!("{}{reason}\n", argument.unwrap_or_default());
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
