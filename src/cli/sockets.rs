//! The sockets to serve: bound here, or handed over by whoever started the process (sd_listen_fds(3)).

use std::net::SocketAddr;

use listenfd::ListenFd;

use super::arguments::{AdminAddress, ServeArguments};
use crate::server::Listener;

/// The listeners, not served yet.
pub(super) struct Sockets {
    pub(super) public: Listener,
    pub(super) admin: Option<Listener>,
}

impl Sockets {
    /// Those handed over; those that are not are bound.
    pub(super) fn open(arguments: &ServeArguments) -> Result<Self, String> {
        let mut handed = Handed::take()?;
        let bind = |address: SocketAddr| {
            Listener::bind(address).map_err(|error| format!("{address} cannot be served: {error}"))
        };
        let public = handed.public.take().map_or_else(|| bind(arguments.listen), Ok)?;
        let admin = match (handed.admin.take(), arguments.admin) {
            (_, AdminAddress::Off) => None,
            (Some(listener), AdminAddress::At(_)) => Some(listener),
            (None, AdminAddress::At(address)) => {
                // Told before the port is taken.
                check_admin(address, arguments)?;
                Some(bind(address)?)
            }
        };
        if let Some(admin) = &admin {
            check_admin(admin.local_addr(), arguments)?;
        }
        Ok(Self { public, admin })
    }
}

fn check_admin(address: SocketAddr, arguments: &ServeArguments) -> Result<(), String> {
    if address.ip().is_loopback() || arguments.admin_token.is_some() {
        return Ok(());
    }
    Err(format!(
        "--admin {address}: off loopback the admin listener needs a token, for example `--admin-token file:PATH`; or use 127.0.0.1:8081"
    ))
}

/// By name `public` and `admin`; without names the first is public, and the second admin.
#[derive(Default)]
struct Handed {
    public: Option<Listener>,
    admin: Option<Listener>,
}

impl Handed {
    fn take() -> Result<Self, String> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let names: Vec<&str> = names.split(':').collect();
        let (mut fds, mut handed) = (ListenFd::from_env(), Self::default());
        for index in 0..fds.len() {
            let wrong =
                |error: std::io::Error| format!("the socket handed over as number {index} cannot be served: {error}");
            let Some(socket) = fds.take_tcp_listener(index).map_err(wrong)? else { continue };
            let is_admin = match names.get(index) {
                Some(&"admin") => true,
                Some(&"public") => false,
                _ => index == 1,
            };
            let place = if is_admin { &mut handed.admin } else { &mut handed.public };
            if place.is_some() {
                return Err("more sockets were handed over than one for `public` and one for `admin`".to_owned());
            }
            *place = Some(Listener::of(socket).map_err(wrong)?);
        }
        Ok(handed)
    }
}
