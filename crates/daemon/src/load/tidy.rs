//! `holdfast fmt` and `holdfast config`: a file in good order, and what it means.

use super::files;
use super::reading::{Reading, Wanted, facts_for_console};
use holdfast_supervise::exit;
use holdfast_syntax::{Severity, format, render};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// `fmt --check`: some file is not in good order.
const UNTIDY: i32 = 1;

/// Puts files into good order, or only names those that are not (`check`). `-` is standard input,
/// which goes to standard output. The result is the exit code: 0, or 1 with `check`.
pub fn format_files(paths: &[PathBuf], check: bool) -> i32 {
    let mut code = exit::OK;
    for path in paths {
        match format_one(path, check) {
            Ok(false) => {}
            Ok(true) if check => {
                say(&format!("{}\n", path.display()));
                code = UNTIDY;
            }
            Ok(true) => {}
            Err(error) => {
                complain(&format!("{}: {error}", path.display()));
                return exit::FATAL;
            }
        }
    }
    code
}

/// True when the file was not in good order.
fn format_one(path: &Path, check: bool) -> io::Result<bool> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        let tidy = format(&bytes);
        if !check {
            io::stdout().write_all(&tidy)?;
        }
        return Ok(tidy != bytes);
    }
    let bytes = std::fs::read(path)?;
    let tidy = format(&bytes);
    if tidy == bytes {
        return Ok(false);
    }
    if !check {
        replace(path, &tidy)?;
    }
    Ok(true)
}

/// A new file in place of the old one, with its owner and access: a reload never sees half of it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let path = std::fs::canonicalize(path)?;
    let old = std::fs::metadata(&path)?;
    let (owner, group) = (MetadataExt::uid(&old), MetadataExt::gid(&old));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = std::fs::write(&new, bytes)
        .and_then(|()| std::os::unix::fs::chown(&new, Some(owner), Some(group)))
        .and_then(|()| std::fs::set_permissions(&new, old.permissions()))
        .and_then(|()| std::fs::rename(&new, &path));
    if written.is_err() {
        let _never_made = std::fs::remove_file(&new);
    }
    written
}

/// Prints the model of a file as JSON, with every default filled in; findings that count go to
/// standard error. The result is the exit code: 0, or 1 with errors.
pub fn dump(path: Option<&Path>, config_id: Option<&str>) -> i32 {
    let facts = facts_for_console();
    let path = files::find(path);
    let reading = match Reading::new(Wanted::new(&path, config_id, false), &facts) {
        Ok(reading) => reading,
        Err(error) => {
            complain(&error.to_string());
            return exit::FATAL;
        }
    };
    let mut errors = false;
    for finding in &reading.compiled.findings {
        if !finding.is_uncounted() && finding.severity != Severity::Advice {
            errors |= finding.severity == Severity::Error;
            complain(&render::concise(finding, &reading.sources));
        }
    }
    match serde_json::to_string_pretty(&reading.compiled.model) {
        Ok(text) => say(&format!("{text}\n")),
        Err(error) => {
            complain(&error.to_string());
            return exit::FATAL;
        }
    }
    i32::from(errors)
}

fn say(text: &str) {
    let _closed = io::stdout().write_all(text.as_bytes());
}

fn complain(line: &str) {
    let _closed = writeln!(io::stderr(), "{line}");
}
