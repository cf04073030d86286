//! What two configurations would do otherwise.

use super::files;
use super::reading::{Reading, Wanted, facts_for_console};
use crate::Context;
use serde_json::Value;
use std::path::PathBuf;

/// More are not read.
const MOST: usize = 20;

/// Why two configurations cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One of them cannot be read.
    #[error("{0}")]
    Unreadable(String),
    /// One of them cannot be run.
    #[error("{0}: it cannot be run: 'holdfast check' says why")]
    Fatal(PathBuf),
}

/// Where what `theirs` says and what `ours` says differ, as `what: theirs, here ours`; empty where they mean the same.
///
/// # Errors
/// When one of them cannot be run.
pub fn differences(theirs: &Context, ours: &Context) -> Result<Vec<String>, CompareError> {
    let (their, our) = (meaning(theirs)?, meaning(ours)?);
    let mut lines = Vec::new();
    compare("", &their, &our, &mut lines);
    Ok(lines)
}

fn meaning(context: &Context) -> Result<Value, CompareError> {
    let facts = facts_for_console();
    let path = files::find(context.file.as_deref());
    let wanted = Wanted::new(&path, context.config_id.as_deref(), context.all_files);
    let reading = Reading::new(wanted, &facts);
    let reading = reading.map_err(|error| CompareError::Unreadable(error.to_string()))?;
    if !reading.compiled.fatal.is_empty() {
        return Err(CompareError::Fatal(path));
    }
    let model = &reading.compiled.model;
    let parts = (&model.vrrp, &model.lvs);
    serde_json::to_value(parts).map_err(|error| CompareError::Unreadable(error.to_string()))
}

fn compare(place: &str, their: &Value, our: &Value, lines: &mut Vec<String>) {
    if their == our || lines.len() >= MOST {
        return;
    }
    match (their, our) {
        (Value::Object(their), Value::Object(our)) => {
            for (key, their) in their {
                let our = our.get(key).unwrap_or(&Value::Null);
                compare(&joined(place, key), their, our, lines);
            }
            for (key, our) in our.iter().filter(|(key, _)| !their.contains_key(*key)) {
                compare(&joined(place, key), &Value::Null, our, lines);
            }
        }
        (Value::Array(their), Value::Array(our)) => {
            for at in 0..their.len().max(our.len()) {
                let pick = |list: &[Value]| list.get(at).cloned().unwrap_or(Value::Null);
                let (their, our) = (pick(their), pick(our));
                let name = named(&their).or_else(|| named(&our));
                let name = name.unwrap_or_else(|| at.to_string());
                compare(&joined(place, &name), &their, &our, lines);
            }
        }
        (their, our) => lines.push(format!("{place}: {}, here {}", short(their), short(our))),
    }
}

fn joined(place: &str, key: &str) -> String {
    match (place, key) {
        ("", "0" | "1") => String::new(),
        ("", key) => key.to_owned(),
        (place, key) => format!("{place}.{key}"),
    }
}

/// An instance goes by its name.
fn named(value: &Value) -> Option<String> {
    value.get("key")?.as_str().map(str::to_owned)
}

fn short(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Object(_) | Value::Array(_) => {
            named(value).unwrap_or_else(|| "something".to_owned())
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named() {
        let instance = |priority: u8, vips: &[&str]| json!({"key": "V1", "priority": priority, "addresses": vips});
        let file =
            |instances: Vec<Value>| json!([{"instances": instances}, {"virtual_servers": []}]);
        let one = file(vec![instance(100, &["10.0.0.1"])]);
        let cases = [
            (one.clone(), vec![]),
            (
                file(vec![instance(150, &["10.0.0.1", "10.0.0.2"])]),
                vec![
                    "instances.V1.addresses.1: nothing, here \"10.0.0.2\"",
                    "instances.V1.priority: 100, here 150",
                ],
            ),
            (file(vec![]), vec!["instances.V1: V1, here nothing"]),
        ];
        for (ours, expected) in cases {
            let mut lines = Vec::new();
            compare("", &one, &ours, &mut lines);
            assert_eq!(lines, expected);
        }
    }
}
