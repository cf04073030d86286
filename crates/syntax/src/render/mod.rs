//! Findings for people: in one line, or with the place shown.

mod human;

pub use human::human;

use crate::finding::Finding;
use crate::source::SourceMap;

/// `file:line:column: error[HF0101]: message`.
pub fn concise(finding: &Finding, sources: &SourceMap) -> String {
    let place = sources.place(finding.span);
    format!(
        "{}:{}:{}: {}[{}]: {}",
        place.file,
        place.line,
        place.column,
        finding.severity.word(),
        finding.code,
        finding.message
    )
}
