//! State in Redis, shared by every process that has its address and key. The only file that names the crate.
//!
//! Every operation is bounded in time; nothing here waits for Redis to come back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands as _, Client, ExistenceCheck, RedisError, Script, SetExpiry, SetOptions, TlsCertificates};

use super::seal::Seal;
use super::{Claim, Key, Quota};

/// For one operation, connection included.
const PATIENCE: Duration = Duration::from_millis(250);

/// Sets or removes a value if it is still the one expected.
const EXCHANGE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1";

/// Counts one more in a sliding window by the clock of Redis; else the microseconds until the next is free.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, count = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - window))
local taken = redis.call('ZCARD', KEYS[1])
if taken < count then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1)
  return 0
end
local first = redis.call('ZRANGE', KEYS[1], taken - count, taken - count, 'WITHSCORES')
return math.max(1, math.ceil(first[2] + window - now))";

/// Why Redis did not do what was asked; holds no address, name or value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RedisFault {
    /// It did not answer in time.
    #[error("no answer within {} ms", PATIENCE.as_millis())]
    Time,
    /// The connection was lost, perhaps long ago.
    #[error("the connection was lost")]
    Lost,
    /// It, or the way to it, failed.
    #[error("{0}")]
    Failed(String),
}

impl From<RedisError> for RedisFault {
    fn from(error: RedisError) -> Self {
        // Its own text may repeat what was sent.
        Self::Failed(error.category().to_owned())
    }
}

/// Values and counts under names, in Redis.
pub(super) struct Redis {
    client: Client,
    /// Replaced when it hangs: a way that was cut without a word is not found out about otherwise.
    connection: Mutex<ConnectionManager>,
    seal: Seal,
    exchange: Script,
    take: Script,
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis(«redacted»)")
    }
}

impl Redis {
    /// Connects at the first operation, and again whenever the connection is lost.
    /// With `authorities` (PEM) those alone are trusted for `rediss://`, else the platform's.
    pub(super) fn new(url: &str, seal: Seal, authorities: Option<Vec<u8>>) -> Result<Self, RedisFault> {
        // For `rediss://`; another part of the process may have chosen already, and that choice serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = match authorities.filter(|_| url.starts_with("rediss://")) {
            Some(root) => Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(root) })?,
            None => Client::open(url)?,
        };
        let connection = Mutex::new(connect(&client)?);
        Ok(Self { client, connection, seal, exchange: Script::new(EXCHANGE), take: Script::new(TAKE) })
    }

    /// The name for these parts.
    pub(super) fn key(&self, kind: &'static str, parts: &[&[u8]]) -> Key {
        self.seal.key(kind, parts)
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, RedisFault> {
        let sealed = self.sealed(key).await?;
        Ok(sealed.and_then(|sealed| self.seal.open(key, &sealed)))
    }

    pub(super) async fn put(&self, key: &Key, value: &[u8], life: Duration) -> Result<(), RedisFault> {
        let sealed = self.seal(key, value)?;
        let mut connection = self.connection();
        let put = connection.pset_ex::<_, _, ()>(name(key), sealed, milliseconds(life));
        self.in_time(put).await
    }

    pub(super) async fn claim(&self, key: &Key, value: &[u8], life: Duration) -> Result<Claim, RedisFault> {
        let sealed = self.seal(key, value)?;
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::PX(milliseconds(life)));
        // What is held may end between the two questions; then it is free.
        for _ in 0..2 {
            let mut connection = self.connection();
            let set = connection.set_options::<_, _, Option<String>>(name(key), &sealed, options.clone());
            if self.in_time(set).await?.is_some() {
                return Ok(Claim::Taken);
            }
            let Some(held) = self.sealed(key).await? else { continue };
            match self.seal.open(key, &held) {
                // Ours: it was put, and only the word of that was lost.
                Some(opened) if opened == value => return Ok(Claim::Taken),
                Some(opened) => return Ok(Claim::Held(opened)),
                // It was put under another key: it holds nothing.
                None if self.replace(key, held, Some((value, life))).await? => return Ok(Claim::Taken),
                None => {}
            }
        }
        Err(RedisFault::Failed("a name is neither free nor held".to_owned()))
    }

    pub(super) async fn exchange(
        &self,
        key: &Key,
        expected: &[u8],
        next: Option<(&[u8], Duration)>,
    ) -> Result<bool, RedisFault> {
        // Sealed twice a value differs: what is compared in Redis is what was read from it.
        let Some(held) = self.sealed(key).await? else { return Ok(false) };
        if self.seal.open(key, &held).as_deref() != Some(expected) {
            return Ok(false);
        }
        self.replace(key, held, next).await
    }

    /// Sets or removes a value if it is still the one that was read, as it was sealed.
    async fn replace(&self, key: &Key, held: Vec<u8>, next: Option<(&[u8], Duration)>) -> Result<bool, RedisFault> {
        let (sealed, life) = match next {
            Some((value, life)) => (self.seal(key, value)?, milliseconds(life)),
            None => (Vec::new(), 0),
        };
        let mut connection = self.connection();
        let mut call = self.exchange.key(name(key));
        call.arg(held).arg(sealed).arg(life);
        self.in_time(call.invoke_async::<bool>(&mut connection)).await
    }

    pub(super) async fn take(&self, key: &Key, quota: Quota) -> Result<Result<(), Duration>, RedisFault> {
        let window = u64::try_from(quota.counted().as_micros()).unwrap_or(u64::MAX);
        let mut connection = self.connection();
        let mut call = self.take.key(name(key));
        call.arg(window).arg(quota.count).arg(uuid::Uuid::new_v4().as_bytes().as_slice());
        let wait: u64 = self.in_time(call.invoke_async(&mut connection)).await?;
        Ok(if wait == 0 { Ok(()) } else { Err(Duration::from_micros(wait)) })
    }

    async fn sealed(&self, key: &Key) -> Result<Option<Vec<u8>>, RedisFault> {
        let mut connection = self.connection();
        self.in_time(connection.get(name(key))).await
    }

    fn connection(&self) -> ConnectionManager {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn in_time<T>(&self, operation: impl Future<Output = Result<T, RedisError>>) -> Result<T, RedisFault> {
        let fault = match tokio::time::timeout(PATIENCE, operation).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) if error.is_timeout() => RedisFault::Time,
            Ok(Err(error)) if error.is_connection_dropped() || error.is_io_error() => RedisFault::Lost,
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => RedisFault::Time,
        };
        if let (RedisFault::Time, Ok(fresh)) = (&fault, connect(&self.client)) {
            *self.connection.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        }
        Err(fault)
    }

    fn seal(&self, key: &Key, value: &[u8]) -> Result<Vec<u8>, RedisFault> {
        self.seal.seal(key, value).ok_or_else(|| RedisFault::Failed("the system gives no randomness".to_owned()))
    }
}

fn connect(client: &Client) -> Result<ConnectionManager, RedisError> {
    let settings = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
        .set_number_of_retries(0);
    ConnectionManager::new_lazy_with_config(client.clone(), settings)
}

fn name(key: &Key) -> String {
    format!("action-executor:{}", hex::encode(key.as_bytes()))
}

/// At least one: Redis refuses a life of nothing.
fn milliseconds(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1)
}
