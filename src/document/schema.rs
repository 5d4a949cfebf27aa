//! Temporary.
/// temp
pub fn action_schema() -> serde_json::Value {
    serde_json::json!({})
}
/// temp
pub fn service_schema() -> serde_json::Value {
    serde_json::json!({})
}
