//! The listening sockets: bound here, or handed over by the service manager (sd_listen_fds(3)).

use std::net::SocketAddr;

use listenfd::ListenFd;

use super::config::{AdminConfig, Config};
use super::error::StartError;
use crate::server::Listener;

/// The listeners, not served yet.
pub(super) struct Sockets {
    pub(super) public: Listener,
    pub(super) admin: Option<Listener>,
}

impl Sockets {
    /// The sockets that were handed over; the others are bound.
    pub(super) fn open(config: &Config) -> Result<Self, StartError> {
        let mut handed = Handed::take()?;
        let public = handed.public.take().map_or_else(|| bind(config.public.listen), Ok)?;
        let admin = match (handed.admin.take(), config.admin.listen) {
            (_, None) => None,
            (Some(listener), Some(_)) => Some(listener),
            (None, Some(address)) => {
                // Before the port is taken.
                check_admin(address, &config.admin)?;
                Some(bind(address)?)
            }
        };
        if let Some(admin) = &admin {
            check_admin(admin.local_addr(), &config.admin)?;
        }
        Ok(Self { public, admin })
    }
}

fn bind(address: SocketAddr) -> Result<Listener, StartError> {
    Listener::bind(address).map_err(|error| StartError::Bind { address, error })
}

fn check_admin(address: SocketAddr, admin: &AdminConfig) -> Result<(), StartError> {
    let is_safe = address.ip().is_loopback() || admin.token.is_some();
    if is_safe { Ok(()) } else { Err(StartError::AdminWithoutToken(address)) }
}

/// By name `public` and `admin`; without names the first is public, and the second admin.
#[derive(Default)]
struct Handed {
    public: Option<Listener>,
    admin: Option<Listener>,
}

impl Handed {
    fn take() -> Result<Self, StartError> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let names: Vec<&str> = names.split(':').collect();
        let (mut fds, mut handed) = (ListenFd::from_env(), Self::default());
        for index in 0..fds.len() {
            let wrong = |error| StartError::HandedSocket { index, error };
            let Some(socket) = fds.take_tcp_listener(index).map_err(wrong)? else { continue };
            let is_admin = match names.get(index) {
                Some(&"admin") => true,
                Some(&"public") => false,
                _ => index == 1,
            };
            let place = if is_admin { &mut handed.admin } else { &mut handed.public };
            if place.is_some() {
                return Err(StartError::TooManySockets);
            }
            *place = Some(Listener::of(socket).map_err(wrong)?);
        }
        Ok(handed)
    }
}
