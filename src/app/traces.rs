//! Traces of calls, if the operator wants them.

use std::path::PathBuf;

use super::error::StartError;
use crate::keyword::is_http;
use crate::origin::Origin;
use crate::telemetry::{TraceSettings, Traces};

/// Where traces are sent.
#[derive(Clone, Debug)]
pub struct TracesConfig {
    /// The base address of an OTLP receiver over HTTP.
    pub endpoint: String,
    /// Which part of the calls that come without a trace is recorded, from 0 to 1.
    pub sample: f64,
    /// What the receiver wants in `Authorization`.
    pub authorization: Option<Origin>,
}

impl TracesConfig {
    pub(super) fn build(&self, ca_file: Option<PathBuf>) -> Result<Traces, StartError> {
        if !is_http(&self.endpoint) {
            return Err(StartError::TracesEndpoint);
        }
        let authorization = self.authorization.as_ref().map(Origin::read).transpose();
        let settings = TraceSettings {
            endpoint: self.endpoint.clone(),
            sample: self.sample,
            authorization: authorization.map_err(StartError::TracesAuthorization)?,
            ca_file,
        };
        Ok(Traces::begin(settings)?)
    }
}
