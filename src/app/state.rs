//! The state that calls share: in the process, or in a Redis that replicas share.

use std::path::Path;

use super::error::StartError;
use crate::origin::Origin;
use crate::secret::Secret;
use crate::state::State;

/// Where the state is kept.
#[derive(Clone, Debug)]
pub struct StateConfig {
    /// The place.
    pub place: StatePlace,
    /// The key that seals values in Redis.
    pub key: Option<Origin>,
}

/// The place of the state.
#[derive(Clone, Debug)]
pub enum StatePlace {
    /// The process's memory.
    Memory,
    /// The Redis at this address, which may hold a password.
    Redis(Secret<String>),
    /// The Redis whose address is there.
    RedisFrom(Origin),
}

impl StateConfig {
    pub(super) fn build(&self, ca_file: Option<&Path>) -> Result<State, StartError> {
        let address = match &self.place {
            StatePlace::Memory => return Ok(State::memory()),
            StatePlace::Redis(address) => address.clone(),
            StatePlace::RedisFrom(origin) => origin.read().map_err(StartError::StateAddress)?,
        };
        let key = self.key.as_ref().ok_or(StartError::NoStateKey)?.read().map_err(StartError::StateKey)?;
        let read =
            |path: &Path| std::fs::read(path).map_err(|error| StartError::CaFile { path: path.to_owned(), error });
        let authorities = ca_file.map(read).transpose()?;
        Ok(State::shared(address.expose(), key.expose().as_bytes(), authorities)?)
    }
}
