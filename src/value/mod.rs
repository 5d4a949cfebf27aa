//! JSON, XML, text, numbers, instants and sizes as values: reading, writing and comparing them.
//!
//! Does no I/O and knows nothing of HTTP or YAML; everything here is a pure function, and what serves calls charges their
//! budget.

mod charset;
mod datetime;
mod deep_size;
mod duration;
mod equality;
mod field_map;
mod json;
mod json_error;
mod json_reader;
mod json_root;
mod json_skip;
mod json_write;
mod kind;
mod number;
mod plain_text;
mod projection;
mod xml_error;
mod xml_name;
mod xml_read;
mod xml_write;

pub use charset::{CharsetError, decode_text};
pub use datetime::{parse_instant, print_instant};
pub use deep_size::{MEMBER_SIZE, NODE_SIZE, deep_size};
pub use duration::{DurationError, SizeError, parse_duration, parse_size};
pub use equality::{deep_equal, deep_equal_within};
pub use field_map::FieldMap;
pub use json::{JsonLimits, decode_json, decode_json_part, decode_json_parts, decode_json_within};
pub use json_error::{JsonError, JsonProblem};
pub use json_root::{Part, Root};
pub use json_write::{write_charged_text, write_json, write_json_text};
pub use kind::{into_text, is_blank, is_empty, is_present, kind_of, text_of};
pub use number::{compare_numbers, exact_digits, is_integer};
pub use plain_text::{html_text, plain_text, shorten};
pub use projection::{Projected, Projection};
pub use xml_error::{XmlError, XmlProblem};
pub use xml_name::is_xml_name;
pub use xml_read::{XmlLimits, read_xml, read_xml_within};
pub use xml_write::{XmlWriteError, write_xml};
