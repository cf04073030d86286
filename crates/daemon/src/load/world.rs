//! What a text asks of the machine: other files, the environment. All answers are kept, so that the
//! text that runs can be read again as it was, whatever became of the files.

use super::files;
use super::glob::glob;
use holdfast_syntax::{Environment, Found, Refusal, SourceMap, Surroundings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Bytes of all files together. Two million servers fit.
const BYTES_LIMIT: u64 = 1 << 30;

/// A question about files: the directory and the pattern.
type Question = (String, Vec<u8>);

/// The answers so far, and where new ones come from.
#[derive(Debug, Default)]
pub(super) struct World {
    answers: BTreeMap<Question, Vec<Found>>,
    variables: BTreeMap<String, Option<String>>,
    bytes: u64,
    /// Asks nobody: what was not asked before is not there.
    closed: bool,
}

impl Surroundings for World {
    fn include(&mut self, directory: &str, pattern: &[u8]) -> Vec<Found> {
        let question = (directory.to_owned(), pattern.to_vec());
        if let Some(known) = self.answers.get(&question) {
            return known.clone();
        }
        if self.closed {
            return Vec::new();
        }
        let paths = glob(Path::new(directory), pattern);
        let found: Vec<Found> = paths.iter().map(|path| self.read(path)).collect();
        self.answers.insert(question, found.clone());
        found
    }

    fn variable(&mut self, name: &str) -> Option<String> {
        if !self.closed && !self.variables.contains_key(name) {
            let value = std::env::var_os(name);
            let value = value.map(|value| value.to_string_lossy().into_owned());
            self.variables.insert(name.to_owned(), value);
        }
        self.variables.get(name).cloned().flatten()
    }
}

impl World {
    fn read(&mut self, path: &Path) -> Found {
        let content = match self.content(path) {
            Ok(bytes) => {
                self.bytes += bytes.len() as u64;
                Ok(Arc::new(bytes))
            }
            Err(refusal) => Err(refusal),
        };
        Found {
            name: path.display().to_string(),
            directory: files::directory(path),
            content,
        }
    }

    fn content(&self, path: &Path) -> Result<Vec<u8>, Refusal> {
        let metadata = std::fs::metadata(path).map_err(|_| Refusal::NotPlain)?;
        if metadata.is_dir() {
            return Err(Refusal::Directory);
        }
        if !files::is_plain(&metadata) {
            return Err(Refusal::NotPlain);
        }
        if self.bytes.saturating_add(metadata.len()) > BYTES_LIMIT {
            let why = format!("all files together are larger than {BYTES_LIMIT} bytes");
            return Err(Refusal::Unreadable(why));
        }
        std::fs::read(path).map_err(|error| Refusal::Unreadable(error.to_string()))
    }
}

/// Everything that a text was read from, to read it again. `B` are bytes: borrowed to write them,
/// owned when they come back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record<B> {
    /// The first file: name and bytes.
    first: (String, B),
    config_id: String,
    directory: String,
    seed: u64,
    beside: Option<String>,
    all_files: bool,
    answers: Vec<(Question, Vec<KeptFile<B>>)>,
    variables: Vec<(String, Option<String>)>,
}

/// A file as kept. A file that several patterns name is kept several times.
#[derive(Debug, Serialize, Deserialize)]
struct KeptFile<B> {
    name: String,
    directory: String,
    content: Result<B, KeptRefusal>,
}

#[derive(Debug, Serialize, Deserialize)]
enum KeptRefusal {
    Directory,
    NotPlain,
    Unreadable(String),
}

impl<'w> Record<&'w [u8]> {
    /// Of a reading that is done.
    pub(super) fn new(
        name: &str,
        bytes: &'w [u8],
        environment: &Environment,
        world: &'w World,
    ) -> Self {
        let kept = |found: &'w Found| KeptFile {
            name: found.name.clone(),
            directory: found.directory.clone(),
            content: match &found.content {
                Ok(bytes) => Ok(bytes.as_slice()),
                Err(refusal) => Err(KeptRefusal::from(refusal)),
            },
        };
        let answers = world.answers.iter();
        Self {
            first: (name.to_owned(), bytes),
            config_id: environment.config_id.clone(),
            directory: environment.directory.clone(),
            seed: environment.seed,
            beside: environment.beside.clone(),
            all_files: environment.all_files,
            answers: answers
                .map(|(question, found)| (question.clone(), found.iter().map(kept).collect()))
                .collect(),
            variables: world.variables.clone().into_iter().collect(),
        }
    }
}

impl Record<Vec<u8>> {
    /// The same first file in the same surroundings.
    pub(super) fn again(self) -> (SourceMap, Environment, World) {
        let (name, bytes) = self.first;
        let environment = Environment {
            config_id: self.config_id,
            directory: self.directory,
            seed: self.seed,
            beside: self.beside,
            all_files: self.all_files,
            ..Environment::default()
        };
        let found = |file: KeptFile<Vec<u8>>| Found {
            name: file.name,
            directory: file.directory,
            content: file.content.map(Arc::new).map_err(Refusal::from),
        };
        let answers = self.answers.into_iter();
        let world = World {
            answers: answers
                .map(|(question, files)| (question, files.into_iter().map(found).collect()))
                .collect(),
            variables: self.variables.into_iter().collect(),
            bytes: 0,
            closed: true,
        };
        (SourceMap::single(name, bytes), environment, world)
    }
}

impl From<&Refusal> for KeptRefusal {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Directory => Self::Directory,
            Refusal::NotPlain => Self::NotPlain,
            Refusal::Unreadable(why) => Self::Unreadable(why.clone()),
        }
    }
}

impl From<KeptRefusal> for Refusal {
    fn from(refusal: KeptRefusal) -> Self {
        match refusal {
            KeptRefusal::Directory => Self::Directory,
            KeptRefusal::NotPlain => Self::NotPlain,
            KeptRefusal::Unreadable(why) => Self::Unreadable(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_config::{FindingKeys, compile};
    use holdfast_model::HostFacts;
    use holdfast_syntax::parse;

    fn faults(
        sources: &mut SourceMap,
        world: &mut World,
        environment: &Environment,
    ) -> FindingKeys {
        let (tree, read) = parse(sources, world, environment);
        let compiled = compile(&tree, read, &HostFacts::default());
        FindingKeys::new(&compiled.findings, sources)
    }

    #[test]
    fn a_record_is_read_again_without_its_files() {
        let base = std::env::temp_dir().join(format!("holdfast-world-{}", std::process::id()));
        std::fs::create_dir_all(base.join("d")).expect("made");
        std::fs::write(base.join("d/a.conf"), "inA$X\ninclude ../b.conf\n").expect("written");
        std::fs::write(base.join("b.conf"), "inB${_RANDOM} ${_ENV PATH}\n").expect("written");
        let environment = Environment {
            config_id: "h".to_owned(),
            directory: base.display().to_string(),
            seed: 7,
            ..Environment::default()
        };
        let mut world = World::default();
        let mut sources = SourceMap::single("f", "$X=1\ninclude d/*.conf\ninclude none\n");
        let first = faults(&mut sources, &mut world, &environment);
        let bytes = sources.files().next().expect("the first").1.bytes();
        let record = Record::new("f", bytes, &environment, &world);
        let kept = postcard::to_stdvec(&record).expect("written");
        std::fs::remove_dir_all(&base).expect("removed");
        let record: Record<Vec<u8>> = postcard::from_bytes(&kept).expect("read");
        let (mut sources, environment, mut world) = record.again();
        let second = faults(&mut sources, &mut world, &environment);
        assert_eq!(first, second);
        assert_ne!(first, FindingKeys::default());
    }
}
