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
mod request;
mod response;
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
pub use capture::{Alternative, Capture, CaptureSource};
pub use compile::{Place, ServiceState, compile_action, compile_service};
pub use field::{FieldRule, Input, Misfit, base64_bytes};
pub use files::{Digest, DirectoryFiles, File, Files, ServiceFile};
pub use load::{LoadError, load, load_on};
pub use operator::Operator;
pub use request::{BodyPlan, LimitPlan, RequestPlan, RetryRule, UrlBase, UrlPlan};
pub use response::{ResponseField, ResponseKey, ResponseSource};
pub use step::{Act, Detail, DetailPlace, ErrorRule, Exchange, ForEach, RuleEffect, Step, SuccessRule};
pub use structure::{Each, Key, Member, Structure};
pub use test_case::{ExpectedBody, ExpectedCall, ExpectedRequest, MockAnswer, MockBody, TestCase};
