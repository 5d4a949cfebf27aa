//! `default`: the first argument that is there.
//!
//! An empty text is there; only absent and null are not.

use super::{Example, Helper};

/// `default value …`
pub(super) static DEFAULT: Helper = Helper {
    name: "default",
    signature: "default value other …",
    summary: "The first argument that is neither absent nor null; an empty text counts as there. Absent where none is.",
    arity: (2, usize::MAX),
    named: &[],
    examples: &[
        Example { template: "{{default data.x \"none\"}}", data: r#"{"x":null}"#, gives: r#""none""# },
        Example { template: "{{default data.x data.y 3}}", data: r#"{"y":""}"#, gives: r#""""# },
    ],
    call: |arguments| arguments.copy((0..arguments.len()).find_map(|index| arguments.present(index))),
};
