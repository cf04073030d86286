//! Reading a configuration: the file and what it includes, compiled.

use super::world::{Record, World};
use super::{files, keys, programs};
use holdfast_config::Compiled;
use holdfast_kernel::rt;
use holdfast_model::HostFacts;
use holdfast_supervise::log::LogOptions;
use holdfast_supervise::{Level, Sink, namespace};
use holdfast_syntax::{Environment, FileId, Severity, SourceMap, code, parse};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("Unable to read configuration file {path}: {source}")]
pub(super) struct Unreadable {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Which configuration is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'w> {
    /// A file, or a pattern such as `conf.d/*.conf`.
    pub(super) path: &'w Path,
    /// `-i`.
    pub(super) config_id: Option<&'w str>,
    /// `-e`.
    pub(super) all_files: bool,
    /// Programs that it names are looked at: for whoever asks what is wrong. A reload must not wait
    /// for the file systems that they are on.
    pub(super) programs: bool,
}

impl<'w> Wanted<'w> {
    /// As the command line has it.
    pub(super) fn new(path: &'w Path, config_id: Option<&'w str>, all_files: bool) -> Self {
        Self {
            path,
            config_id,
            all_files,
            programs: false,
        }
    }

    /// And the programs that it names are looked at.
    pub(super) const fn with_programs(self) -> Self {
        Self {
            programs: true,
            ..self
        }
    }
}

/// A configuration that was read, and what from.
pub(super) struct Reading {
    pub(super) sources: SourceMap,
    environment: Environment,
    world: World,
    pub(super) compiled: Compiled,
}

impl Reading {
    /// The files of today, judged by what there is in the network namespace that they name. This
    /// process is there from then on. `given`: it is where it is to be already (`-s`).
    pub(super) fn in_place(
        wanted: Wanted<'_>,
        given: bool,
        log: &mut Sink,
    ) -> Result<(Self, HostFacts), Unreadable> {
        let here = facts(log);
        let reading = Self::new(wanted, &here)?;
        let place = &reading.compiled.model.process.place;
        let Some(name) = place.namespace.clone().filter(|_| !given) else {
            return Ok((reading, here));
        };
        let entered = namespace::open(name.as_str()).and_then(namespace::enter);
        // that it is not there has been said
        if entered.is_err() {
            return Ok((reading, here));
        }
        let there = facts(log);
        Ok((Self::new(wanted, &there)?, there))
    }

    /// The files of today. A pattern is read as a file that includes it.
    pub(super) fn new(wanted: Wanted<'_>, facts: &HostFacts) -> Result<Self, Unreadable> {
        let path = wanted.path;
        let unreadable = |source| Unreadable {
            path: path.to_owned(),
            source,
        };
        let (bytes, pattern) = match files::read(path) {
            Ok(bytes) => (bytes, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound && files::is_pattern(path) => {
                (including(path), true)
            }
            Err(error) => return Err(unreadable(error)),
        };
        let beside = if pattern { Path::new("") } else { path };
        let host = facts.hostname.to_string();
        let environment = Environment {
            config_id: wanted.config_id.map_or(host, str::to_owned),
            directory: files::directory(beside),
            seed: seed(),
            beside: if pattern { None } else { files::beside(path) },
            all_files: wanted.all_files,
            ..Environment::default()
        };
        let sources = SourceMap::single(path.display().to_string(), bytes);
        let programs = wanted.programs;
        let reading = Self::of(sources, environment, World::default(), facts, programs);
        if pattern {
            reading.matched().map_err(unreadable)?;
        }
        Ok(reading)
    }

    /// A pattern has to match; with `-e` every file that it names must be readable.
    fn matched(&self) -> io::Result<()> {
        let mut needed = self.compiled.fatal.iter();
        let first = FileId(0);
        if needed.any(|finding| finding.code == code::INCLUDE_NEEDED && finding.span.file == first)
        {
            let text = "not everything that it names is there and readable";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if self.sources.files().nth(1).is_none() {
            let text = "no plain file matches";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        Ok(())
    }

    /// Of text that was read; `look`: at the programs that it names.
    pub(super) fn of(
        mut sources: SourceMap,
        environment: Environment,
        mut world: World,
        facts: &HostFacts,
        look: bool,
    ) -> Self {
        let (tree, read) = parse(&mut sources, &mut world, &environment);
        let mut compiled = holdfast_config::compile_by(&tree, read, facts, &both);
        if !compiled.key_files.is_empty() {
            compiled.unlock(keys::read, tree.sources());
        }
        if look && !compiled.programs.is_empty() {
            let seen = programs::look(compiled.programs.keys().map(String::as_str));
            compiled.advise(&seen, tree.sources());
        }
        Self {
            sources,
            environment,
            world,
            compiled,
        }
    }

    /// Findings of one severity, among those that were kept.
    pub(super) fn count(&self, severity: Severity) -> usize {
        let findings = self.compiled.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// To read it again as it is now.
    pub(super) fn record(&self) -> Option<Record<&[u8]>> {
        let (_, first) = self.sources.files().next()?;
        let (name, bytes) = (first.name(), first.bytes());
        Some(Record::new(name, bytes, &self.environment, &self.world))
    }
}

/// Two things at once where there are two processors; one after the other where there are not, or
/// where a second thread is refused.
fn both(first: &mut (dyn FnMut() + Send), second: &mut (dyn FnMut() + Send)) {
    let done = thread::available_parallelism().is_ok_and(|processors| processors.get() > 1)
        && thread::scope(|scope| {
            let helped = thread::Builder::new().spawn_scoped(scope, || {
                holdfast_kernel::heap::room();
                second();
            });
            if helped.is_ok() {
                first();
            }
            helped.is_ok()
        });
    if !done {
        first();
        second();
    }
}

/// A file that includes a pattern; what starts a comment is escaped.
fn including(pattern: &Path) -> Vec<u8> {
    let mut bytes = b"include ".to_vec();
    for byte in pattern.as_os_str().as_encoded_bytes() {
        if matches!(byte, b'!' | b'#') {
            bytes.push(b'\\');
        }
        bytes.push(*byte);
    }
    bytes.push(b'\n');
    bytes
}

/// Where `${_RANDOM}` starts: at each reading elsewhere, as with keepalived.
fn seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    now.as_secs() ^ u64::from(now.subsec_nanos()) << 32 ^ u64::from(std::process::id())
}

/// The same for a command: what is missing is said on the console.
pub(super) fn facts_for_console() -> HostFacts {
    let options = LogOptions {
        console: true,
        no_syslog: true,
        ..LogOptions::default()
    };
    facts(&mut Sink::open("holdfast", &options))
}

/// Facts of this machine. Without them nothing is said about interfaces.
pub(super) fn facts(log: &mut Sink) -> HostFacts {
    rt::host_facts().unwrap_or_else(|error| {
        let line = format!("cannot read this machine's interfaces: {error}");
        log.write(Level::Warning, &line);
        HostFacts::default()
    })
}
