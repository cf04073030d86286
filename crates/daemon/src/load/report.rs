//! Findings of several files in one of the formats of `holdfast check`.

use super::check::Format;
use holdfast_config::{Compiled, explain};
use holdfast_syntax::{Finding, Severity, SourceMap, Span, render};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What was found so far.
pub(super) struct Reports {
    format: Format,
    text: String,
    values: Vec<Value>,
    /// Rules of SARIF: the codes that were found.
    rules: BTreeMap<&'static str, Value>,
}

impl Reports {
    pub(super) const fn new(format: Format) -> Self {
        Self {
            format,
            text: String::new(),
            values: Vec::new(),
            rules: BTreeMap::new(),
        }
    }

    /// All findings of one configuration.
    pub(super) fn add(&mut self, compiled: &Compiled, sources: &SourceMap) {
        for finding in &compiled.findings {
            match self.format {
                Format::Human => self.say(&format!("{}\n", render::human(finding, sources))),
                Format::Concise => self.say(&render::concise(finding, sources)),
                Format::Json => self.values.push(object(finding, sources)),
                Format::Sarif => {
                    self.rules
                        .entry(finding.code)
                        .or_insert_with(|| rule(finding.code));
                    self.values.push(result(finding, sources));
                }
            }
        }
    }

    /// A line, or several.
    pub(super) fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Everything, to be printed.
    pub(super) fn finish(self) -> String {
        let value = match self.format {
            Format::Human | Format::Concise => return self.text,
            Format::Json => Value::Array(self.values),
            Format::Sarif => {
                let rules: Vec<Value> = self.rules.into_values().collect();
                json!({
                    "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
                    "version": "2.1.0",
                    "runs": [{
                        "tool": { "driver": {
                            "name": "holdfast",
                            "version": env!("CARGO_PKG_VERSION"),
                            "rules": rules,
                        }},
                        "results": self.values,
                    }],
                })
            }
        };
        format!("{value:#}\n")
    }
}

fn object(finding: &Finding, sources: &SourceMap) -> Value {
    let place = sources.place(finding.span);
    let related = finding.secondary.iter().map(|(span, label)| {
        let place = sources.place(*span);
        json!({ "file": place.file, "line": place.line, "column": place.column, "message": label })
    });
    json!({
        "code": finding.code,
        "severity": finding.severity.word(),
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": finding.message,
        "help": finding.help,
        "related": related.collect::<Vec<_>>(),
        "notes": sources.notes(finding.span),
        "counts": !finding.is_uncounted(),
        "keepalived_would_not_run": lost(finding, sources),
    })
}

/// SARIF 2.1.0 s3.27.
fn result(finding: &Finding, sources: &SourceMap) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    };
    let mut text = finding.message.clone();
    for help in &finding.help {
        text.push('\n');
        text.push_str(help);
    }
    let related = finding.secondary.iter().map(|(span, label)| {
        let mut location = location(*span, sources);
        if let Some(location) = location.as_object_mut() {
            location.insert("message".to_owned(), json!({ "text": label }));
        }
        location
    });
    json!({
        "ruleId": finding.code,
        "level": level,
        "message": { "text": text },
        "locations": [location(finding.span, sources)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "properties": { "keepalivedWouldNotRun": lost(finding, sources) },
    })
}

/// What we run and keepalived would not have run because of it.
fn lost(finding: &Finding, sources: &SourceMap) -> Vec<Value> {
    let lost = finding.lost.iter().map(|(span, what)| {
        let place = sources.place(*span);
        json!({ "what": what, "file": place.file, "line": place.line })
    });
    lost.collect()
}

fn location(span: Span, sources: &SourceMap) -> Value {
    let place = sources.place(span);
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": place.file },
        "region": { "startLine": place.line, "startColumn": place.column },
    }})
}

fn rule(code: &str) -> Value {
    let page = explain::page(code).unwrap_or_default();
    let title = page.lines().next().unwrap_or_default();
    let title = title.split_once(": ").map_or(title, |(_, title)| title);
    json!({
        "id": code,
        "shortDescription": { "text": title },
        "help": { "text": page, "markdown": page },
    })
}
