//! What stands behind the programs that a configuration names.

use holdfast_model::{Program, Step};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::linux::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where programs without a path are looked for besides the environment's PATH: the daemon's may be
/// another one than that of whoever asks.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Looks at each of them. One that cannot be looked at for another reason than that it does not
/// exist is left out: nothing is said about it.
pub(super) fn look<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<String, Program> {
    let seen = names.filter_map(|name| Some((name.to_owned(), one(name)?)));
    seen.collect()
}

fn one(name: &str) -> Option<Program> {
    let path = if name.contains('/') {
        PathBuf::from(name)
    } else {
        match find(name) {
            Some(path) => path,
            None => {
                return Some(Program {
                    missing: Some(name.to_owned()),
                    ..Program::default()
                });
            }
        }
    };
    // what it is relative to is the daemon's affair
    if path.is_relative() {
        return None;
    }
    let mut program = Program::default();
    walk(&path, &mut program)?;
    if program.missing.is_none() {
        let real = path.canonicalize().ok()?;
        if real != path {
            walk(&real, &mut program)?;
        }
    }
    Some(program)
}

/// The first that may be executed, as execvp(3) has it.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(std::env::split_paths(PATH))
        .map(|directory| directory.join(name))
        .find(|path| {
            std::fs::metadata(path)
                .is_ok_and(|found| found.is_file() && found.st_mode() & 0o111 != 0)
        })
}

/// Every directory of the path, then the file. None: it cannot be looked at.
fn walk(path: &Path, program: &mut Program) -> Option<()> {
    let mut parts: Vec<&Path> = path.ancestors().collect();
    parts.reverse();
    for part in parts {
        let name = part.display().to_string();
        match std::fs::metadata(part) {
            Ok(found) => program.steps.push(Step {
                path: name,
                uid: found.st_uid(),
                gid: found.st_gid(),
                mode: found.st_mode(),
            }),
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                program.missing = Some(name);
                return Some(());
            }
            Err(_) => return None,
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_and_the_first_gap_is_named() {
        let folder = tempfile::tempdir().expect("made");
        let base = folder.path().canonicalize().expect("there");
        let file = base.join("real/x.sh");
        std::fs::create_dir(base.join("real")).expect("made");
        std::fs::write(&file, "").expect("written");
        symlink(base.join("real"), base.join("link")).expect("linked");
        let named = |path: &str| base.join(path).display().to_string();
        let names = [
            named("link/x.sh"),
            named("no/such/x.sh"),
            "nonesuch-x".into(),
            named("real/x.sh/y"),
            "sh".into(),
        ];
        let seen = look(names.iter().map(String::as_str));
        let paths = |name: &str| -> Vec<&str> {
            let steps = seen[name].steps.iter();
            steps.map(|step| step.path.as_str()).collect()
        };
        let linked = paths(&names[0]);
        assert!(linked.contains(&named("link").as_str()));
        assert!(linked.contains(&named("real").as_str()));
        assert_eq!(linked.last().copied(), Some(named("real/x.sh").as_str()));
        assert_eq!(seen[&names[1]].missing, Some(named("no")));
        assert_eq!(seen[&names[2]].missing.as_deref(), Some("nonesuch-x"));
        assert_eq!(seen[&names[3]].missing, Some(names[3].clone()));
        assert_eq!(seen["sh"].missing, None);
        assert!(paths("sh").len() > 1);
        assert!(look(["a/b"].into_iter()).is_empty());
    }
}
