//! Compiled actions: made only by compile, run only by the engine.

mod action;
mod authentication;
mod build;
#[cfg(test)]
mod build_tests;
mod capture;
mod compile;
mod field;
mod files;
mod listing;
mod load;
mod operator;
mod parallel;
mod step;
mod structure;
mod test_case;

pub use crate::host_pattern::{AllowedHosts, HostPattern};
pub use action::{Action, Idempotency, Purpose, Service};
pub use authentication::{
    Apply, AssertionPlan, Authentication, AwsPlan, BUILT_IN, ExpiryRule, Export, HmacPlan, Oauth1Plan, SignedPart,
    TokenPlan,
};
pub use build::{Catalog, DirectoryState, ServiceDirectory, build};
pub use capture::{Alternative, Capture, CaptureSource, ResponseField, ResponseKey, ResponseSource};
pub use compile::{Place, ServiceState, compile_action, compile_service};
pub use field::{FieldRule, Input, Misfit, base64_bytes};
pub use files::{Digest, DirectoryFiles, File, Files, ServiceFile};
pub use load::{LoadError, load, load_on};
pub use operator::Operator;
pub use step::{
    Act, BodyPlan, Detail, DetailPlace, ErrorRule, Exchange, ForEach, LimitPlan, RequestPlan, RetryRule, RuleEffect,
    Step, SuccessRule, UrlBase, UrlPlan,
};
pub use structure::{Each, Key, Member, Structure};
pub use test_case::{CannedAnswer, CannedBody, ExpectedBody, ExpectedCall, ExpectedRequest, TestCase};
