//! What another build runs, compiled by this one: the text that it read, not the files of today.

use super::compile::{hand_over, keep_marks};
use super::reading::{Reading, facts};
use super::verdict;
use super::world::Record;
use crate::Context;
use holdfast_kernel::inherit;
use holdfast_supervise::{Bundle, Level, Section, Sink, exit};
use holdfast_syntax::{Severity, render};
use std::io;

/// Fills the memfd, or says why not on the console. The result is the exit code.
pub fn recompile(memfd: i32, generation: u64, running: i32, context: &Context) -> i32 {
    holdfast_kernel::heap::limit(2);
    let mut log = Sink::open("Keepalived", &context.log);
    let _blocked = holdfast_supervise::signals::Signals::block(true);
    let read = || -> io::Result<_> {
        let memfd = inherit::adopt(memfd)?;
        let running = Bundle::open(inherit::adopt(running)?)?;
        let text = running.section(Section::Text)?;
        let record: Option<Record<Vec<u8>>> =
            postcard::from_bytes(&text).map_err(io::Error::other)?;
        Ok((memfd, record.ok_or(io::ErrorKind::NotFound)?, running))
    };
    let (memfd, record, running) = match read() {
        Ok(read) => read,
        Err(error) => {
            let line =
                format!("what runs was written in a way that this version does not know: {error}");
            log.write(Level::Error, &line);
            return exit::FATAL;
        }
    };
    let (sources, environment, world) = record.again();
    let facts = facts(&mut log);
    let mut reading = Reading::of(sources, environment, world, &facts, false);
    keep_marks(&mut reading, Some(&running));
    if let Err(refusals) = verdict::verdict(&reading, None, &facts, context.allow_unbuilt) {
        for finding in refusals {
            let line = render::concise(&finding, &reading.sources);
            log.write(Level::Error, &format!("refused: {line}"));
        }
        return exit::CONFIG;
    }
    let fresh = reading.compiled.findings.iter();
    for finding in fresh.filter(|finding| finding.severity == Severity::Error) {
        log.write(Level::Warning, &render::concise(finding, &reading.sources));
    }
    hand_over(&memfd, generation, reading, &mut log, "recompile")
}
