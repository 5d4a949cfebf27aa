//! A settings file as arguments of `serve`.

use std::time::Duration;

use ipnet::IpNet;

use super::file::File;
use crate::app::{CallersConfig, FieldConfig, HeaderConfig, NetworksConfig, PathConfig, SignatureConfig};
use crate::cli::arguments::{AdminAddress, LogFormat, ServeArguments};
use crate::document::LogFormat as WrittenFormat;
use crate::document::{
    AdminPlace, CallersDocument, ServerLimitsDocument, SettingsDocument, Spanned, StatePlace, TlsDocument,
};
use crate::origin::Origin;
use crate::server::{CallLimits, Limits, TlsFiles};

impl File<'_> {
    fn tls(&self, document: &TlsDocument) -> TlsFiles {
        TlsFiles {
            certificate: self.path(&document.certificate),
            key: self.path(&document.key),
            client_authorities: document.client_authorities.as_ref().map(|path| self.path(path)),
        }
    }

    pub(super) fn serve(&self, arguments: &mut ServeArguments, document: SettingsDocument) {
        let given = &self.given;
        let admin = document.admin.map(|admin| match admin.value {
            AdminPlace::At(address) => AdminAddress::At(address),
            AdminPlace::Off => AdminAddress::Off,
        });
        let state = document.state.map(|state| match state.value {
            StatePlace::SharedFrom(origin) => StatePlace::SharedFrom(origin.below(self.directory)),
            place => place,
        });
        let log = document.log.unwrap_or_default();
        let format = log.format.map(|format| match format.value {
            WrittenFormat::Text => LogFormat::Text,
            WrittenFormat::Json => LogFormat::Json,
        });
        given.fill("listen", &mut arguments.listen, document.listen.map(|listen| listen.value));
        given.fill("admin", &mut arguments.admin, admin);
        given.fill("admin_token", &mut arguments.admin_token, document.admin_token.map(|at| Some(self.origin(&at))));
        given.fill("base_path", &mut arguments.base_path, document.base_path.map(|path| path.value));
        given.fill("skip_broken", &mut arguments.skip_broken, document.skip_broken.map(|skip| skip.value));
        given.fill("state", &mut arguments.state, state);
        given.fill("state_key", &mut arguments.state_key, document.state_key.map(|at| Some(self.origin(&at))));
        given.fill("drain", &mut arguments.drain, document.drain.map(|drain| drain.value));
        given.fill("drain_delay", &mut arguments.drain_delay, document.drain_delay.map(|delay| delay.value));
        given.fill("poll", &mut arguments.poll, document.poll.map(|poll| poll.value));
        given.fill("log_format", &mut arguments.log_format, format);
        given.fill("log", &mut arguments.log, log.filter.map(|filter| filter.value));
        if let Some(traces) = document.traces {
            given.fill("traces", &mut arguments.traces, Some(Some(traces.endpoint.value)));
            arguments.more.sample = traces.sample.map(|sample| sample.value.0);
            arguments.more.traces_authorization = traces.authorization.map(|at| self.origin(&at));
        }
        if let Some(tls) = document.tls.as_ref().map(|tls| self.tls(tls)).filter(|_| !given.has("tls_certificate")) {
            arguments.tls_certificate = Some(tls.certificate);
            arguments.tls_key = Some(tls.key);
            arguments.tls_client_authorities = tls.client_authorities;
        }
        arguments.more.admin_tls = document.admin_tls.as_ref().map(|tls| self.tls(tls));
        arguments.more.callers = self.callers(document.callers.unwrap_or_default());
        self.limits(arguments, &document.limits.unwrap_or_default());
    }

    fn callers(&self, callers: CallersDocument) -> CallersConfig {
        let secrets = |secrets: Vec<Spanned<Origin>>| secrets.iter().map(|secret| self.origin(secret)).collect();
        let networks = |networks: Vec<Spanned<IpNet>>| networks.into_iter().map(|network| network.value).collect();
        CallersConfig {
            header: callers.header.map(|check| HeaderConfig { name: check.name.value, secrets: secrets(check.secret) }),
            auth: callers.auth.map(|check| FieldConfig { field: check.field.value, secrets: secrets(check.secret) }),
            path: callers.path.map(|check| PathConfig { secrets: secrets(check.secret) }),
            networks: callers.networks.map(|check| NetworksConfig {
                allow: networks(check.allow),
                proxies: networks(check.proxies.unwrap_or_default()),
            }),
            hmac: callers.hmac.map(|check| SignatureConfig {
                header: check.header.value,
                secrets: secrets(check.secret),
                encoding: check.encoding.map(|encoding| encoding.value).unwrap_or_default(),
                prefix: check.prefix.map(|prefix| prefix.value).unwrap_or_default(),
            }),
        }
    }

    fn limits(&self, arguments: &mut ServeArguments, document: &ServerLimitsDocument) {
        let count = |number: &Option<Spanned<usize>>| number.map(|number| number.value);
        let time = |time: &Option<Spanned<Duration>>| time.map(|time| time.value);
        self.given.fill("max_connections", &mut arguments.max_connections, count(&document.connections));
        self.given.fill("max_calls", &mut arguments.max_calls, count(&document.calls));
        let more = &mut arguments.more;
        let (limits, calls) = (Limits::default(), CallLimits::default());
        more.limits = Limits {
            head_bytes: count(&document.head).unwrap_or(limits.head_bytes),
            head_timeout: time(&document.head_time).unwrap_or(limits.head_timeout),
            idle_timeout: time(&document.idle_time).unwrap_or(limits.idle_timeout),
            write_timeout: time(&document.write_time).unwrap_or(limits.write_timeout),
            ..limits
        };
        more.call_limits = CallLimits {
            body_bytes: count(&document.body).unwrap_or(calls.body_bytes),
            bodies_bytes: count(&document.bodies).unwrap_or(calls.bodies_bytes),
            budget: arguments.network.call_bounds,
            ..calls
        };
        more.body_time = time(&document.body_time);
        more.calls_per_service = count(&document.calls_per_service);
        more.recent_calls = count(&document.recent_calls);
    }
}
