//! Any bytes as an answer in XML: a reply, or a failure that says why.
#![no_main]

use std::sync::{Arc, LazyLock};

use action_executor::catalog::Action;
use action_executor_fuzz::{read, reader};
use libfuzzer_sys::fuzz_target;

static ACTION: LazyLock<Arc<Action>> = LazyLock::new(|| reader("xml"));

fuzz_target!(|bytes: &[u8]| read(&ACTION, "xml", bytes));
