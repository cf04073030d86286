//! Lines that bring in files, and which file is being read.

use super::{Frame, Holds, Reader, too_deep};
use crate::expand::DEPTH_LIMIT;
use crate::expand::include::{self, Strict};
use crate::source::Origin;
use crate::span::{FileId, Span};
use crate::token::is_blank;
use std::collections::BTreeSet;
use std::rc::Rc;

impl Reader<'_> {
    pub(super) fn include(&mut self, strict: Strict, pattern: &[u8], origin: Origin) {
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

    /// The file that stands beside the first one, if there is one.
    pub(super) fn beside(&mut self, name: &str) {
        if self.builder.facts.cut_short {
            return;
        }
        let start = Span {
            file: FileId(0),
            ..Span::default()
        };
        let directory = &self.environment.directory;
        let found = self.world.include(directory, name.as_bytes());
        let Some(found) = found.into_iter().next() else {
            return;
        };
        match found.content {
            Ok(bytes) if u32::try_from(bytes.len()).is_ok() => {
                self.builder.beside();
                let id = self.sources.push(found.name, bytes, None);
                self.push_file(id, found.directory.as_str().into());
                self.run();
                self.finish_collecting(true);
            }
            Ok(_) => {}
            Err(refusal) => {
                let finding = include::refused(&found.name, &refusal, start, false);
                self.builder.findings.push(finding);
            }
        }
    }

    /// Files inside each other, bodies and repetitions: files of one include line count once.
    pub(super) fn depth(&self) -> usize {
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
    pub(super) fn include_check(&mut self, words: &[u8]) {
        let apart = words.first().is_none_or(|b| is_blank(*b));
        if apart && self.builder.innermost_is(self.sources, b"global_defs") {
            self.plain = self.plain.set(words);
        }
    }

    pub(super) fn push_file(&mut self, id: FileId, directory: Rc<str>) {
        let bytes = self.sources.shared(id);
        self.builder.expect(bytes.len());
        self.frames.push(Frame::File {
            id,
            holds: Holds {
                dollar: memchr::memchr(b'$', &bytes).is_some(),
                nul: memchr::memchr(0, &bytes).is_some(),
            },
            bytes,
            at: 0,
            directory,
        });
    }

    /// Of the file being read.
    pub(super) fn directory(&self) -> Rc<str> {
        let mut frames = self.frames.iter().rev();
        let directory = frames.find_map(|frame| match frame {
            Frame::File { directory, .. } => Some(Rc::clone(directory)),
            Frame::Body { .. } | Frame::Repeat { .. } => None,
        });
        directory.unwrap_or_else(|| self.environment.directory.as_str().into())
    }
}
