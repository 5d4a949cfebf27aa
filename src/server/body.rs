//! Reads the body of a call, within bounds of size, time and memory.
//!
//! Does not look into it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::content_type::{self, ContentError};
use super::limits::CallLimits;
use crate::call::{Failure, FailureKind};
use crate::secret::Masks;

/// A body, and the memory that it is charged with.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    _memory: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why there is no body.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(super) enum BodyError {
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error("The body of the request is larger than {limit} bytes. Send less.")]
    TooLarge { limit: usize },
    #[error("The body of the request did not arrive in time.")]
    TooSlow,
    #[error("The body of the request broke off, or its framing is wrong.")]
    Broken,
    #[error("The server has too many requests in flight. Try again later.")]
    Overload,
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        let kind = if error == BodyError::Overload { FailureKind::Overload } else { FailureKind::Input };
        // Its text names bounds only.
        Self::new(kind, Masks::default().mask(&error.to_string()))
    }
}

/// Reads bodies; all readers of one listener share its memory.
#[derive(Clone, Debug)]
pub(super) struct BodyReader {
    limit: usize,
    timeout: Duration,
    memory: Arc<Semaphore>,
}

impl BodyReader {
    pub(super) fn new(limits: &CallLimits) -> Self {
        let memory = limits.bodies_bytes.min(Semaphore::MAX_PERMITS);
        Self { limit: limits.body_bytes, timeout: limits.body_timeout, memory: Arc::new(Semaphore::new(memory)) }
    }

    /// When the body of a request must be whole, by the limits alone.
    pub(super) fn until(&self, arrived: Instant) -> Instant {
        arrived + self.timeout
    }

    /// Reads the whole body, not longer than `until`. A body that its headers rule out is not read at all.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Incoming, until: Instant) -> Result<Body, BodyError> {
        content_type::check(headers)?;
        if body.size_hint().lower() > self.limit as u64 {
            return Err(BodyError::TooLarge { limit: self.limit });
        }
        timeout_at(until, self.collect(body)).await.unwrap_or(Err(BodyError::TooSlow))
    }

    async fn collect(&self, mut body: Incoming) -> Result<Body, BodyError> {
        let mut whole = BytesMut::new();
        let mut memory: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            if whole.len() + data.len() > self.limit {
                return Err(BodyError::TooLarge { limit: self.limit });
            }
            let more = self.allow(data.len())?;
            match &mut memory {
                Some(memory) => memory.merge(more),
                None => memory = Some(more),
            }
            whole.extend_from_slice(&data);
        }
        Ok(Body { bytes: whole.freeze(), _memory: memory })
    }

    fn allow(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
        let count = u32::try_from(bytes).map_err(|_| BodyError::Overload)?;
        Arc::clone(&self.memory).try_acquire_many_owned(count).map_err(|_| BodyError::Overload)
    }
}
