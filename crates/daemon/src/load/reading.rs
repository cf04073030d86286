//! Reading a configuration: the file and what it includes, compiled.

use super::files;
use super::world::{Record, World};
use holdfast_config::Compiled;
use holdfast_kernel::rt;
use holdfast_model::HostFacts;
use holdfast_supervise::log::LogOptions;
use holdfast_supervise::{Level, Sink};
use holdfast_syntax::{Environment, Severity, SourceMap, parse};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A file that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("Unable to read configuration file {path}: {source}")]
pub(super) struct Unreadable {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// A configuration that was read, and what from.
pub(super) struct Reading {
    pub(super) sources: SourceMap,
    environment: Environment,
    world: World,
    pub(super) compiled: Compiled,
}

impl Reading {
    /// The files of today.
    pub(super) fn new(
        path: &Path,
        config_id: Option<&str>,
        facts: &HostFacts,
    ) -> Result<Self, Unreadable> {
        let bytes = files::read(path).map_err(|source| Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let host = facts.hostname.to_string();
        let environment = Environment {
            config_id: config_id.map_or(host, str::to_owned),
            directory: files::directory(path),
            seed: seed(),
            ..Environment::default()
        };
        let sources = SourceMap::single(path.display().to_string(), bytes);
        Ok(Self::of(sources, environment, World::default(), facts))
    }

    pub(super) fn of(
        mut sources: SourceMap,
        environment: Environment,
        mut world: World,
        facts: &HostFacts,
    ) -> Self {
        let (tree, read) = parse(&mut sources, &mut world, &environment);
        let compiled = holdfast_config::compile(&tree, read, facts);
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
