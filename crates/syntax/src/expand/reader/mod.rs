//! Which line comes next, and what becomes of it.

mod files;
mod names;
mod replace;
mod text;

use crate::expand::clean::{clean, escape};
use crate::expand::define::{BodyLine, Definition, Definitions};
use crate::expand::include::{self, Strict};
use crate::expand::limits::Budget;
use crate::expand::repeat::Repeat;
use crate::expand::{DEPTH_LIMIT, Environment, Surroundings};
use crate::finding::{Finding, Findings, code};
use crate::line::{Line, line_at};
use crate::source::{Link, Origin, SourceMap};
use crate::span::{FileId, Span};
use crate::tree::{Builder, Tree};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use text::{Text, has_comment, is_for_us, rest, written};

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
        plain: if environment.all_files {
            Strict::ALL
        } else {
            Strict::default()
        },
    };
    for id in first {
        reader.push_file(id, environment.directory.as_str().into());
        reader.run();
    }
    reader.finish_collecting(true);
    if let Some(name) = &environment.beside {
        reader.beside(name);
    }
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
        /// Bytes that it holds anywhere.
        holds: Holds,
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

/// Rare bytes of a file: no line need be asked for one that is nowhere.
#[derive(Clone, Copy)]
struct Holds {
    dollar: bool,
    nul: bool,
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
            holds,
            ..
        }) = self.frames.last()
        else {
            return;
        };
        let (id, holds, mut at, bytes) = (*id, *holds, *at, Arc::clone(bytes));
        let collecting = self.collecting.is_some();
        while let Some((line, next)) = line_at(id, &bytes, at, holds.nul) {
            at = next;
            let text = if collecting || is_for_us(line.text, holds.dollar) {
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
                too_long: None,
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
                    if !self.is_meant(&text) {
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
            self.stop(text.origin.written, "the text grows beyond 32 MiB");
            return None;
        }
        let (file, start) = self.sources.expand(&shown, text.origin);
        let from = self.builder.line(&Line {
            file,
            start,
            text: &shown,
            nul: None,
            too_long: None,
        })?;
        Some(Text {
            raw: None,
            clean: clean(shown.get(from..)?),
            origin: text.origin,
            full: text.full,
        })
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
}

fn too_many_references() -> String {
    "definitions lead to too many others".to_owned()
}

fn too_deep() -> String {
    format!("definitions, repetitions or includes are nested more than {DEPTH_LIMIT} deep")
}
