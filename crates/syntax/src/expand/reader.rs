//! Which line comes next, and what becomes of it.

use super::clean::{clean, escape, trim};
use super::define::{self, BodyLine, Definition, Definitions};
use super::include::{self, Strict};
use super::limits::Budget;
use super::repeat::{self, Repeat};
use super::{DEPTH_LIMIT, Environment, Surroundings};
use crate::finding::{Finding, Findings, code};
use crate::line::{LINE_LIMIT, Line, line_at};
use crate::source::{Link, Origin, SourceMap};
use crate::span::{FileId, Span};
use crate::token::is_blank;
use crate::tree::{Builder, Tree};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Reads the files of a map, one after the other, and what they include. `world` answers what they
/// ask; the files it gives and the expanded text are added to the map.
pub fn parse<'s>(
    sources: &'s mut SourceMap,
    world: &mut dyn Surroundings,
    environment: &Environment,
) -> (Tree<'s>, Findings) {
    let first: Vec<FileId> = sources.files().map(|(id, _)| id).collect();
    let mut reader = Reader {
        sources,
        world,
        environment,
        builder: Builder::default(),
        frames: Vec::new(),
        definitions: Definitions::default(),
        collecting: None,
        budget: Budget::new(environment.lines),
        random: environment.seed,
        read: BTreeSet::new(),
        plain: Strict::default(),
    };
    for id in first {
        reader.push_file(id, environment.directory.as_str().into());
        reader.run();
    }
    reader.finish_collecting(true);
    let builder = reader.builder;
    builder.finish(sources)
}

/// Where lines come from; the last is read first.
enum Frame {
    File {
        id: FileId,
        bytes: Arc<Vec<u8>>,
        at: usize,
        directory: Rc<str>,
        /// Holds a `$` anywhere.
        dollars: bool,
    },
    /// The further lines of a definition.
    Body {
        lines: Rc<Vec<BodyLine>>,
        next: usize,
        name: Option<u32>,
        origin: Origin,
    },
    Repeat {
        repeat: Repeat,
        label: u32,
        done: u32,
        origin: Origin,
    },
}

/// A line on its way.
struct Text<'t> {
    /// As it stands in a file, while nothing in it was replaced.
    raw: Option<Line<'t>>,
    /// Without comment.
    clean: Vec<u8>,
    origin: Origin,
    /// No further replacement fits into it.
    full: bool,
}

/// A definition whose next line is to come.
struct Collecting {
    name: Vec<u8>,
    number: u32,
    lines: Vec<BodyLine>,
    goes_on: bool,
    span: Span,
}

struct Reader<'r> {
    sources: &'r mut SourceMap,
    world: &'r mut dyn Surroundings,
    environment: &'r Environment,
    builder: Builder,
    frames: Vec<Frame>,
    definitions: Definitions,
    collecting: Option<Collecting>,
    budget: Budget,
    random: u64,
    /// Names of the files read so far: reading one again is an expansion.
    read: BTreeSet<String>,
    /// What a plain `include` asks for.
    plain: Strict,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(frame) = self.frames.last_mut() {
            match frame {
                Frame::File { .. } => self.file(),
                Frame::Body {
                    lines,
                    next,
                    name,
                    origin,
                } => {
                    let Some(line) = lines.get(*next).cloned() else {
                        self.frames.pop();
                        continue;
                    };
                    *next += 1;
                    let (name, origin) = (*name, *origin);
                    let origin = match name {
                        Some(name) => self.linked(origin, name, line.span, 0),
                        None => origin,
                    };
                    self.derived(line.text, origin);
                }
                Frame::Repeat { .. } => self.repetition(),
            }
        }
    }

    /// Reads a file up to the first line that is not simply read.
    fn file(&mut self) {
        let Some(Frame::File {
            id,
            bytes,
            at,
            dollars,
            ..
        }) = self.frames.last()
        else {
            return;
        };
        let (id, dollars, mut at, bytes) = (*id, *dollars, *at, Arc::clone(bytes));
        let collecting = self.collecting.is_some();
        while let Some((line, next)) = line_at(id, &bytes, at) {
            at = next;
            let text = if collecting || is_for_us(line.text, dollars) {
                self.builder.bytes_of(&line, has_comment(line.text));
                if line.text.is_empty() {
                    self.finish_collecting(false);
                }
                line
            } else if let Some(from) = self.builder.line(&line) {
                rest(line, from)
            } else {
                continue;
            };
            self.stay_at(at);
            let raw = Line {
                nul: None,
                too_long: false,
                ..text
            };
            self.line(Text {
                raw: Some(raw),
                clean: clean(raw.text),
                origin: Origin {
                    written: written(&raw),
                    chain: 0,
                },
                full: false,
            });
            return;
        }
        self.frames.pop();
    }

    fn stay_at(&mut self, place: usize) {
        if let Some(Frame::File { at, .. }) = self.frames.last_mut() {
            *at = place;
        }
    }

    /// The next round of the innermost repetition.
    fn repetition(&mut self) {
        let Some(Frame::Repeat {
            repeat,
            label,
            done,
            origin,
        }) = self.frames.last_mut()
        else {
            return;
        };
        let Some(values) = repeat.next().filter(|_| !repeat.text.is_empty()) else {
            self.frames.pop();
            return;
        };
        *done += 1;
        let (label, done, origin) = (*label, *done, *origin);
        let text = repeat.text.clone();
        let mut values = values.into_iter();
        for variable in &repeat.names {
            let value = BodyLine {
                text: values.next().unwrap_or_default(),
                span: origin.written,
            };
            let definition = Definition {
                lines: Rc::new(vec![value]),
                multiline: false,
                name: None,
            };
            self.definitions.set(variable, definition);
        }
        let origin = self.linked(origin, label, origin.written, done);
        self.derived(text, origin);
    }

    /// A line that nobody wrote as it is.
    fn derived(&mut self, clean: Vec<u8>, origin: Origin) {
        if !self.budget.line() {
            self.stop(origin.written, &self.too_many_lines());
            return;
        }
        self.line(Text {
            raw: None,
            clean,
            origin,
            full: false,
        });
    }

    /// Conditions, definitions, repetitions and references, then what is left is read.
    fn line(&mut self, mut text: Text<'_>) {
        let mut replaced = false;
        loop {
            if self.collecting.is_some() {
                self.collect(&text);
                return;
            }
            match text.clean.first() {
                None => return,
                // One condition a line, and one more after each replacement.
                Some(b'@') => {
                    if !self.is_meant(&text.clean) {
                        return;
                    }
                    text.strip_condition();
                }
                Some(_) => {}
            }
            if self.define(&text) || self.repeats(&text) {
                return;
            }
            let literal = text.clean.first() == Some(&b'~');
            if !literal && text.clean.contains(&b'$') && self.substitute(&mut text) {
                replaced = true;
                let again = text.clean.first() == Some(&b'@') || text.clean.contains(&b'$');
                if again && !text.full {
                    if self.budget.reference() {
                        continue;
                    }
                    self.stop(text.origin.written, &too_many_references());
                    return;
                }
            }
            text = match self.finished(text, replaced) {
                Some(rest) => rest,
                None => return,
            };
            replaced = false;
        }
    }

    /// A line of which nothing is left to replace: an include, or one for the tree. The result is
    /// what stands behind a brace and is to be looked at like a line of its own.
    fn finished<'t>(&mut self, text: Text<'t>, replaced: bool) -> Option<Text<'t>> {
        if let Some((strict, pattern)) = include::parse(&text.clean, self.plain) {
            self.include(strict, pattern, text.origin);
            return None;
        }
        if text.clean.contains(&b'$') && !self.builder.facts.cut_short {
            self.undefined(&text);
        }
        if let Some(words) = text.clean.strip_prefix(b"include_check") {
            self.include_check(words);
        }
        if let Some(line) = text.raw {
            let from = self.builder.line(&line)?;
            let line = rest(line, from);
            return Some(Text {
                raw: Some(line),
                clean: clean(line.text),
                ..text
            });
        }
        let shown = if replaced {
            text.clean
        } else {
            escape(&text.clean)
        };
        if !self.budget.bytes(shown.len()) {
            self.stop(text.origin.written, "the text grows beyond 256 MiB");
            return None;
        }
        let (file, start) = self.sources.expand(&shown, text.origin);
        let from = self.builder.line(&Line {
            file,
            start,
            text: &shown,
            nul: None,
            too_long: false,
        })?;
        Some(Text {
            raw: None,
            clean: clean(shown.get(from..)?),
            origin: text.origin,
            full: text.full,
        })
    }

    /// `@id` and `@^id`: is the line for this host? An id that nothing follows is for nobody.
    fn is_meant(&self, line: &[u8]) -> bool {
        let id = line.get(1..).unwrap_or(&[]);
        let (not, id) = match id.strip_prefix(b"^") {
            Some(id) => (true, id),
            None => (false, id),
        };
        let Some(end) = id.iter().position(|b| is_blank(*b)) else {
            return false;
        };
        let id = id.get(..end).unwrap_or(&[]);
        let same = id == b"holdfast" || id == self.environment.config_id.as_bytes();
        same != not
    }

    /// `$NAME=value`, perhaps the first line of several.
    fn define(&mut self, text: &Text<'_>) -> bool {
        let Some((name, value)) = define::definition(&text.clean) else {
            return false;
        };
        let number = self.sources.expansion_mut().name(name);
        let span = text.origin.written;
        self.collecting = Some(Collecting {
            name: name.to_vec(),
            number,
            lines: Vec::new(),
            goes_on: false,
            span,
        });
        self.collect_line(value, span);
        true
    }

    fn collect(&mut self, text: &Text<'_>) {
        // A line of nothing but a comment is no line of the value, and does not end it.
        if !text.clean.is_empty() {
            let span = text.origin.written;
            self.collect_line(&text.clean, span);
        }
    }

    fn collect_line(&mut self, line: &[u8], span: Span) {
        let goes_on = line.ends_with(b"\\");
        let line = line.strip_suffix(b"\\").unwrap_or(line);
        let line = if goes_on { trim(line) } else { line };
        if let Some(collecting) = self.collecting.as_mut() {
            collecting.goes_on = goes_on;
            if !goes_on || !line.is_empty() {
                let text = line.to_vec();
                collecting.lines.push(BodyLine { text, span });
            }
        }
        if !goes_on {
            self.finish_collecting(false);
        }
    }

    /// The definition is complete.
    fn finish_collecting(&mut self, at_the_end: bool) {
        let Some(mut collecting) = self.collecting.take() else {
            return;
        };
        if at_the_end {
            let finding = Finding::advice(
                code::UNFINISHED,
                collecting.span,
                "this definition goes on past the end of the file",
            )
            .help("remove the `\\` at the end of its last line");
            self.builder.findings.push(finding);
        }
        // A value of one line that stands below the `\`, at its end, is as if it stood above.
        let multiline = match collecting.lines.len() {
            0 => false,
            1 => collecting.goes_on,
            _ => true,
        };
        if collecting.lines.is_empty() {
            collecting.lines.push(BodyLine {
                text: Vec::new(),
                span: collecting.span,
            });
        }
        let definition = Definition {
            multiline,
            lines: Rc::new(collecting.lines),
            name: Some(collecting.number),
        };
        self.definitions.set(&collecting.name, definition);
    }

    /// `~SEQ` and `~LST`.
    fn repeats(&mut self, text: &Text<'_>) -> bool {
        if text.clean.first() != Some(&b'~') {
            return false;
        }
        let origin = text.origin;
        let span = origin.written;
        let mut resolve = |number: &[u8]| {
            let mut number = Text {
                raw: None,
                clean: number.to_vec(),
                origin,
                full: false,
            };
            self.substitute(&mut number);
            number.clean
        };
        match repeat::parse(&text.clean, &mut resolve) {
            None => return false,
            Some(Err(why)) => {
                let finding = Finding::error(
                    code::REPETITION,
                    span,
                    format!("this repetition is ignored: {why}"),
                )
                .help("write `~SEQ(name,start,step,end) text` or `~LST(name,value,value) text`");
                self.builder.findings.push(finding);
            }
            Some(Ok(repeat)) => {
                if self.frames.len() >= DEPTH_LIMIT {
                    self.stop(span, &too_deep());
                    return true;
                }
                let expansion = self.sources.expansion_mut();
                let end = text.clean.iter().position(|b| *b == b')');
                let head = text.clean.get(..end.map_or(0, |end| end + 1));
                let label = expansion.name(head.unwrap_or(&[]));
                self.frames.push(Frame::Repeat {
                    repeat,
                    label,
                    done: 0,
                    origin: text.origin,
                });
            }
        }
        true
    }

    /// Replaces what is defined; `false` when nothing was.
    fn substitute(&mut self, text: &mut Text<'_>) -> bool {
        let (mut at, mut changed, mut links) = (0, false, 0);
        // Where the replacements that `at` lies in end, counted from the line's end.
        let mut inside: Vec<usize> = Vec::new();
        while let Some(offset) = text.clean.get(at..).and_then(dollar) {
            at += offset;
            while inside
                .last()
                .is_some_and(|tail| text.clean.len().saturating_sub(*tail) <= at)
            {
                inside.pop();
            }
            let Some((range, value, definition)) = self.value(&text.clean, at) else {
                at += 1;
                continue;
            };
            let length = text.clean.len() - range.len() + value.len();
            if length > LINE_LIMIT {
                self.too_long(text.origin.written);
                text.full = true;
                break;
            }
            if inside.len() >= DEPTH_LIMIT {
                self.stop(text.origin.written, &too_deep());
                return false;
            }
            if !self.budget.reference() {
                self.stop(text.origin.written, &too_many_references());
                return false;
            }
            inside.push(text.clean.len() - range.end);
            let repeats = trim(&value).first() == Some(&b'~');
            text.clean.splice(range, value);
            (changed, text.raw) = (true, None);
            if let Some(definition) = definition {
                let span = definition.lines.first().map(|line| line.span);
                let span = span.unwrap_or(text.origin.written);
                if definition.multiline {
                    self.body(&definition, text.origin);
                }
                if let Some(name) = definition.name.filter(|_| links < LINKS) {
                    links += 1;
                    text.origin = self.linked(text.origin, name, span, 0);
                }
            }
            if repeats {
                break;
            }
        }
        if changed {
            let length = trim(&text.clean).len();
            if length < text.clean.len() {
                text.clean = trim(&text.clean).to_vec();
            }
        }
        changed
    }

    /// What the reference at `at` stands for, and where it ends.
    #[allow(clippy::type_complexity, reason = "three things of one reference")]
    fn value(
        &mut self,
        line: &[u8],
        at: usize,
    ) -> Option<(core::ops::Range<usize>, Vec<u8>, Option<Definition>)> {
        let reference = define::reference(line, at)?;
        let last = reference.range.end == line.len();
        if self.definitions.has(reference.name) {
            let definition = self.definitions.get(reference.name, last);
            let definition = definition.filter(|_| reference.parameters.is_empty())?;
            let value = definition.lines.first()?.text.clone();
            return Some((reference.range, value, Some(definition.clone())));
        }
        let directory = self.directory();
        let value = define::standard(
            &reference,
            self.environment,
            &directory,
            &mut self.random,
            self.world,
        )?;
        Some((reference.range, value, None))
    }

    /// The further lines of a definition come next.
    fn body(&mut self, definition: &Definition, origin: Origin) {
        if self.frames.len() >= DEPTH_LIMIT {
            self.stop(origin.written, &too_deep());
            return;
        }
        self.frames.push(Frame::Body {
            lines: Rc::clone(&definition.lines),
            next: 1,
            name: definition.name,
            origin,
        });
    }

    fn include(&mut self, strict: Strict, pattern: &[u8], origin: Origin) {
        let span = origin.written;
        let directory = self.directory();
        let (files, findings, lacks) = include::find(strict, pattern, &directory, span, self.world);
        self.builder.facts.lacks_file |= lacks;
        for finding in findings {
            self.builder.findings.push(finding);
        }
        if files.is_empty() {
            return;
        }
        if self.frames.len() + files.len() > DEPTH_LIMIT && self.depth() >= DEPTH_LIMIT {
            self.stop(span, &too_deep());
            return;
        }
        let mut ids = Vec::with_capacity(files.len());
        for (name, directory, bytes) in files {
            let again = !self.read.insert(name.clone());
            let lines = if again {
                bytes.iter().filter(|b| **b == b'\n').count()
            } else {
                0
            };
            if !self.budget.lines(lines + 1) || u32::try_from(bytes.len()).is_err() {
                self.stop(span, &self.too_many_lines());
                return;
            }
            ids.push((self.sources.push(name, bytes, Some(span)), directory));
        }
        for (id, directory) in ids.into_iter().rev() {
            self.push_file(id, directory.as_str().into());
        }
    }

    /// Files inside each other, bodies and repetitions: files of one include line count once.
    fn depth(&self) -> usize {
        let mut parents = BTreeSet::new();
        let mut depth = 0;
        for frame in &self.frames {
            let counts = match frame {
                Frame::File { id, .. } => {
                    let anywhere = Span {
                        file: *id,
                        ..Span::default()
                    };
                    parents.insert(self.sources.included_by(anywhere))
                }
                Frame::Body { .. } | Frame::Repeat { .. } => true,
            };
            depth += usize::from(counts);
        }
        depth
    }

    /// The keyword counts only in `global_defs`.
    fn include_check(&mut self, words: &[u8]) {
        let apart = words.first().is_none_or(|b| is_blank(*b));
        if apart && self.builder.innermost_is(self.sources, b"global_defs") {
            self.plain = self.plain.set(words);
        }
    }

    fn push_file(&mut self, id: FileId, directory: Rc<str>) {
        let bytes = self.sources.shared(id);
        self.frames.push(Frame::File {
            id,
            dollars: bytes.contains(&b'$'),
            bytes,
            at: 0,
            directory,
        });
    }

    /// Of the file being read.
    fn directory(&self) -> Rc<str> {
        let mut frames = self.frames.iter().rev();
        let directory = frames.find_map(|frame| match frame {
            Frame::File { directory, .. } => Some(Rc::clone(directory)),
            Frame::Body { .. } | Frame::Repeat { .. } => None,
        });
        directory.unwrap_or_else(|| self.environment.directory.as_str().into())
    }

    fn linked(&mut self, origin: Origin, name: u32, span: Span, repetition: u32) -> Origin {
        let expansion = self.sources.expansion_mut();
        let link = Link {
            name,
            span,
            repetition,
            before: origin.chain,
        };
        Origin {
            chain: expansion.link(link),
            ..origin
        }
    }

    fn too_long(&mut self, span: Span) {
        let finding = Finding::error(
            code::LONG_EXPANSION,
            span,
            format!(
                "with its variables replaced this line is longer than {LINE_LIMIT} bytes: what \
                 does not fit stays as written"
            ),
        )
        .help("break it into several lines");
        self.builder.findings.push(finding);
    }

    /// Nothing more is read.
    fn stop(&mut self, span: Span, why: &str) {
        self.frames.clear();
        self.collecting = None;
        let finding = Finding::error(
            code::EXPANSION,
            span,
            format!("reading stops here: {why}; nothing of the configuration is used"),
        )
        .help(
            "look for a definition or an include that contains itself, or shorten the repetition",
        );
        self.builder.give_up(finding);
    }

    fn too_many_lines(&self) -> String {
        let limit = self.environment.lines;
        format!("definitions, repetitions and includes make more than {limit} lines")
    }

    /// A name that nobody defined stays as it is, which is seldom meant.
    fn undefined(&mut self, text: &Text<'_>) {
        let mut at = 0;
        while let Some(offset) = text.clean.get(at..).and_then(dollar) {
            at += offset;
            let reference = define::reference(&text.clean, at);
            at += 1;
            let Some(reference) = reference.filter(|r| !self.definitions.has(r.name)) else {
                continue;
            };
            let name = String::from_utf8_lossy(reference.name);
            let finding = Finding::advice(
                code::UNDEFINED,
                text.origin.written,
                format!("`${name}` has no definition above this line: it stays as it is"),
            )
            .help(format!(
                "write `${name}=value` on a line above, if a variable is meant"
            ));
            self.builder.findings.push(finding);
            return;
        }
    }
}

/// Definitions of one line that its notes may name.
const LINKS: u32 = 8;

impl Text<'_> {
    /// Takes off `@id`.
    fn strip_condition(&mut self) {
        let end = condition_length(&self.clean);
        self.clean.drain(..end);
        if let Some(line) = self.raw {
            let start = line.text.iter().position(|b| !is_blank(*b)).unwrap_or(0);
            let from = start + condition_length(line.text.get(start..).unwrap_or(&[]));
            self.raw = Some(rest(line, from));
        }
    }
}

/// `@id` and the blanks after it.
fn condition_length(line: &[u8]) -> usize {
    let id = line.iter().position(|b| is_blank(*b)).unwrap_or(line.len());
    let blanks = line.get(id..).unwrap_or(&[]).iter();
    id + blanks.take_while(|b| is_blank(**b)).count()
}

/// A line from some byte on.
fn rest(line: Line<'_>, from: usize) -> Line<'_> {
    Line {
        start: line.start + u32::try_from(from).unwrap_or(u32::MAX),
        text: line.text.get(from..).unwrap_or(&[]),
        nul: None,
        too_long: false,
        ..line
    }
}

/// The place of a line without the blanks around it.
fn written(line: &Line<'_>) -> Span {
    let offset = |n| line.start + u32::try_from(n).unwrap_or(u32::MAX);
    let start = line.text.iter().position(|b| !is_blank(*b)).unwrap_or(0);
    let end = line.text.iter().rposition(|b| !is_blank(*b));
    Span {
        file: line.file,
        start: offset(start),
        end: offset(end.map_or(start, |end| end + 1)),
    }
}

/// Does the line need more than reading? Nearly none does, and all are asked.
fn is_for_us(line: &[u8], dollars: bool) -> bool {
    let start = line.iter().position(|b| !is_blank(*b));
    let rest = start.and_then(|start| line.get(start..)).unwrap_or(&[]);
    match rest.first() {
        Some(b'@' | b'$' | b'~') => true,
        Some(b'i') if rest.starts_with(b"include") => true,
        _ => dollars && line.contains(&b'$'),
    }
}

fn has_comment(line: &[u8]) -> bool {
    clean(line).len() < trim(line).len()
}

fn dollar(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|b| *b == b'$')
}

fn too_many_references() -> String {
    "definitions lead to too many others".to_owned()
}

fn too_deep() -> String {
    format!("definitions, repetitions or includes are nested more than {DEPTH_LIMIT} deep")
}
