//! The form with the place shown.

use crate::finding::{Finding, Severity};
use crate::source::SourceMap;
use crate::span::Span;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

/// Things named in a note; the rest is counted.
const LOST: usize = 3;

/// The finding with the lines it is about, without colours:
///
/// ```text
/// error[HF0104]: this block is never closed: the file ends inside it
///   --> keepalived.conf:3:1
///    |
///  3 | virtual_server 10.0.0.1 80 {
///    | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ opened here
///    = help: add the missing `}` where the block should end
/// ```
pub fn human(finding: &Finding, sources: &SourceMap) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Advice => Level::NOTE.with_name("advice"),
    };
    let mut lines = vec![shown(
        finding.span,
        sources,
        AnnotationKind::Primary,
        &finding.label,
    )];
    lines.extend(
        finding
            .secondary
            .iter()
            .map(|(span, label)| shown(*span, sources, AnnotationKind::Context, label)),
    );
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code);
    let group: Group<'_> = title.elements(lines);
    let mut notes = sources.notes(finding.span);
    notes.extend(lost(finding, sources));
    let group = notes.iter().fold(group, |group, note| {
        group.element(Level::NOTE.message(note.as_str()))
    });
    let group = finding.help.iter().fold(group, |group, help| {
        group.element(Level::HELP.message(help.as_str()))
    });
    Renderer::plain().render(&[group])
}

/// What keepalived would not have run because of it.
fn lost(finding: &Finding, sources: &SourceMap) -> Option<String> {
    if finding.lost.is_empty() {
        return None;
    }
    let named = finding.lost.iter().take(LOST).map(|(span, what)| {
        let line = sources.place(*span).line;
        format!("{what} (line {line})")
    });
    let named: Vec<String> = named.collect();
    let more = finding.lost.len().saturating_sub(LOST);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Some(format!(
        "keepalived goes wrong here: it would not have run {}{more}",
        named.join(", ")
    ))
}

/// One line of a file. Bytes that are no UTF-8 become replacement characters, so the offsets are
/// counted anew in the text that is shown.
fn shown<'a>(
    span: Span,
    sources: &'a SourceMap,
    kind: AnnotationKind,
    label: &'a str,
) -> Snippet<'a, Annotation<'a>> {
    let place = sources.place(span);
    let (line, before, marked, cut) = sources.line_parts(span);
    let annotation = kind.span(before..before + marked);
    let annotation = if label.is_empty() {
        annotation
    } else {
        annotation.label(label)
    };
    let snippet = Snippet::source(line).line_start(place.line as usize);
    // The renderer would count the column from where the line was cut.
    let snippet = if cut {
        snippet.path(format!("{} (column {})", place.file, place.column))
    } else {
        snippet.path(place.file)
    };
    snippet.annotation(annotation)
}
