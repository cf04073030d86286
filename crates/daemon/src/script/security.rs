//! Whether a script is what its owner wrote: nobody else may be able to put another in its place.
//!
//! Every component of the path, links followed, must belong to root (or to the script's own user)
//! and be writable by nobody else; directories with the sticky bit may be written by all.

use holdfast_model::notify::Security;
use holdfast_model::{
    Model, Notices, Probe, RunAs, Script, ServerNotices, VirtualServer, VrrpModel,
};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Links followed in one path, as in the kernel.
const LINKS: u32 = 40;

/// Where programs without a path are looked for when the environment does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// One component of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    path: PathBuf,
    uid: u32,
    gid: u32,
    /// With its type, as in stat(2).
    mode: u32,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Flaw {
    /// It cannot run at all.
    Unusable(String),
    /// Others could replace it; the component, and why. `root`: it has rights worth that.
    Insecure { why: String, root: bool },
}

/// Checks all scripts of a model and leaves out what may not run; lines for the log, worst last.
pub(crate) fn apply(model: &mut Model) -> Vec<String> {
    let security = model.vrrp.notices.security;
    let mut lines = Vec::new();
    vrrp(&mut model.vrrp, security, &mut lines);
    servers(&mut model.lvs.told, security, &mut lines);
    checks(&mut model.lvs.virtual_servers, security, &mut lines);
    let process = &mut model.process;
    for (about, place) in [
        ("startup_script:", &mut process.startup),
        ("shutdown_script:", &mut process.shutdown),
    ] {
        if let Some(once) = place {
            let mut script = Some(core::mem::take(&mut once.script));
            lines.extend(one(&mut script, about, security));
            match script {
                Some(script) => once.script = script,
                None => *place = None,
            }
        }
    }
    lines
}

fn vrrp(model: &mut VrrpModel, security: Security, lines: &mut Vec<String>) {
    let instances = model.instances.iter_mut();
    let instances = instances.map(|one| (format!("({})", one.key), &mut one.notify));
    let groups = model.groups.iter_mut();
    let groups = groups.map(|one| (format!("VRRP_Group({})", one.key), &mut one.notify));
    for (about, notify) in instances.chain(groups) {
        let scripts = [
            &mut notify.master,
            &mut notify.backup,
            &mut notify.fault,
            &mut notify.stop,
            &mut notify.deleted,
            &mut notify.any,
            &mut notify.lower_priority,
        ];
        for script in scripts {
            lines.extend(one(script, &about, security));
        }
    }
    for check in &mut model.tracked.scripts {
        let about = format!("vrrp_script {}:", check.name);
        lines.extend(one(&mut check.script, &about, security));
    }
    readers(&mut model.notices, security, lines);
}

fn readers(notices: &mut Notices, security: Security, lines: &mut Vec<String>) {
    for fifo in &mut notices.fifos {
        let about = format!("reader of {}", fifo.path);
        let line = one(&mut fifo.reader, &about, security);
        // of one that both workers tell this is said once
        lines.extend(line.filter(|line| !lines.contains(line)));
    }
}

fn servers(told: &mut ServerNotices, security: Security, lines: &mut Vec<String>) {
    let services = told.services.iter_mut();
    let services = services.map(|one| (format!("VS {}:", one.key), &mut one.up, &mut one.down));
    let servers = told.servers.iter_mut();
    let servers = servers.map(|one| (format!("RS {}:", one.key), &mut one.up, &mut one.down));
    // thousands may name the same: looked at, and said, once
    let mut seen: BTreeMap<Script, Option<Script>> = BTreeMap::new();
    for (about, up, down) in services.chain(servers) {
        for place in [up, down] {
            let Some(named) = place.clone() else { continue };
            let known = seen.entry(named).or_insert_with_key(|_| {
                lines.extend(one(place, &about, security));
                place.clone()
            });
            place.clone_from(known);
        }
    }
    readers(&mut told.notices, security, lines);
}

/// As with keepalived, a check that may not run is none.
fn checks(services: &mut [VirtualServer], security: Security, lines: &mut Vec<String>) {
    let mut seen: BTreeMap<Script, Option<Script>> = BTreeMap::new();
    let servers = services.iter_mut().flat_map(|one| &mut one.real_servers);
    for server in servers {
        let key = &server.key;
        server.checkers.retain_mut(|checker| {
            let Probe::Misc(check) = &mut checker.probe else {
                return true;
            };
            let known = seen
                .entry(check.script.clone())
                .or_insert_with_key(|named| {
                    let mut place = Some(named.clone());
                    lines.extend(one(&mut place, &format!("MISC_CHECK of {key}:"), security));
                    place
                });
            let Some(script) = known else { return false };
            check.script.clone_from(script);
            true
        });
    }
}

fn one(place: &mut Option<Script>, about: &str, security: Security) -> Option<String> {
    let script = place.as_mut()?;
    let program = script.program().to_owned();
    if let Some(found) = find(&program)
        && let Some(word) = script.words.first_mut()
    {
        *word = holdfast_model::Name::from(&*found.to_string_lossy());
    }
    let flaw = match walk(Path::new(script.program())) {
        Ok(steps) => judge(&steps, &script.run_as)?,
        Err(error) => Flaw::Unusable(error.to_string()),
    };
    let (why, refused) = match (flaw, security) {
        (Flaw::Unusable(why), _) => (why, true),
        (Flaw::Insecure { why, .. }, Security::Strict) => (why, true),
        (Flaw::Insecure { why, root: true }, Security::Enabled) => (why, true),
        (Flaw::Insecure { why, .. }, Security::Off | Security::Enabled) => (why, false),
    };
    if refused {
        *place = None;
        Some(format!("{about} script `{program}` does not run: {why}"))
    } else {
        Some(format!(
            "{about} script `{program}` runs, but {why}: others could put another program there"
        ))
    }
}

/// A program without a `/` is looked for.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return None;
    }
    let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from(PATH));
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

/// Every component of `path`, and of what its links lead to.
fn walk(path: &Path) -> io::Result<Vec<Step>> {
    let path = std::path::absolute(path)?;
    let parts = |path: &Path| -> VecDeque<OsString> {
        path.components()
            .filter(|part| !matches!(part, Component::RootDir | Component::CurDir))
            .map(|part| part.as_os_str().to_owned())
            .collect()
    };
    let mut left = parts(&path);
    let mut steps = vec![step(Path::new("/"))?];
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if part == OsStr::new("..") {
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let found = step(&next).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", next.display()))
        })?;
        if found.mode & libc::S_IFMT == libc::S_IFLNK {
            links += 1;
            if links > LINKS {
                return Err(io::Error::other("too many symbolic links"));
            }
            let target = fs::read_link(&next)?;
            if target.is_absolute() {
                at = PathBuf::from("/");
            }
            let mut onward = parts(&target);
            onward.append(&mut left);
            left = onward;
        } else {
            steps.push(found);
            at = next;
        }
    }
    Ok(steps)
}

fn step(path: &Path) -> io::Result<Step> {
    let found = nix::sys::stat::lstat(path)?;
    Ok(Step {
        path: path.to_owned(),
        uid: found.st_uid,
        gid: found.st_gid,
        mode: found.st_mode,
    })
}

/// The verdict on a path, for a program that runs as `run_as`.
fn judge(steps: &[Step], run_as: &RunAs) -> Option<Flaw> {
    let last = steps.last()?;
    let unusable = |why: &str| {
        let path = last.path.display();
        Some(Flaw::Unusable(format!("{path} {why}")))
    };
    if last.mode & libc::S_IFMT != libc::S_IFREG {
        return unusable("is no file");
    }
    for step in steps {
        if !may_execute(step, run_as) {
            let (path, mode) = (step.path.display(), step.mode & 0o7777);
            let uid = run_as.uid;
            let why = format!("{path} (mode {mode:04o}) cannot be executed by user {uid}");
            return Some(Flaw::Unusable(why));
        }
    }
    let set_root = last.mode & libc::S_ISUID != 0 && last.uid == 0
        || last.mode & libc::S_ISGID != 0 && last.gid == 0;
    let root = run_as.uid == 0 || run_as.gid == 0 || set_root;
    let why = steps
        .iter()
        .find_map(|step| open_to_others(step, run_as, root))?;
    Some(Flaw::Insecure { why, root })
}

/// Who else could change it.
fn open_to_others(step: &Step, run_as: &RunAs, root: bool) -> Option<String> {
    let (path, mode) = (step.path.display(), step.mode & 0o7777);
    let own = |id: u32, own: u32| id == 0 || !root && id == own;
    if !own(step.uid, run_as.uid) {
        return Some(format!("{path} belongs to user {}", step.uid));
    }
    let sticky = step.mode & libc::S_IFMT == libc::S_IFDIR && mode & libc::S_ISVTX != 0;
    if mode & libc::S_IWOTH != 0 && !sticky {
        return Some(format!("everybody may write {path} (mode {mode:04o})"));
    }
    if mode & libc::S_IWGRP != 0 && !own(step.gid, run_as.gid) && !sticky {
        let gid = step.gid;
        return Some(format!("group {gid} may write {path} (mode {mode:04o})"));
    }
    None
}

/// Execute for a file, search for a directory. Root needs one execute bit of a file.
fn may_execute(step: &Step, run_as: &RunAs) -> bool {
    let directory = step.mode & libc::S_IFMT == libc::S_IFDIR;
    if run_as.uid == 0 {
        return directory || step.mode & 0o111 != 0;
    }
    let bit = if step.uid == run_as.uid {
        libc::S_IXUSR
    } else if step.gid == run_as.gid || run_as.groups.contains(&step.gid) {
        libc::S_IXGRP
    } else {
        libc::S_IXOTH
    };
    step.mode & bit != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, uid: u32, gid: u32, mode: u32) -> Step {
        let path = path.into();
        Step {
            path,
            uid,
            gid,
            mode,
        }
    }

    /// `/`, `/d` and `/d/s` with these owners and modes.
    fn path(directory: (u32, u32, u32), script: (u32, u32, u32)) -> Vec<Step> {
        vec![
            at("/", 0, 0, libc::S_IFDIR | 0o755),
            at("/d", directory.0, directory.1, libc::S_IFDIR | directory.2),
            at("/d/s", script.0, script.1, libc::S_IFREG | script.2),
        ]
    }

    fn user(uid: u32) -> RunAs {
        let (gid, groups) = (uid, Vec::new());
        RunAs { uid, gid, groups }
    }

    #[test]
    fn the_table_of_owners_and_modes() {
        let good = (0, 0, 0o755);
        let rows: [(_, _, u32, Option<&str>); 13] = [
            (good, good, 0, None),
            (good, good, 7, None),
            ((7, 0, 0o755), good, 0, Some("/d belongs to user 7")),
            ((7, 0, 0o755), good, 7, None),
            ((8, 0, 0o755), good, 7, Some("/d belongs to user 8")),
            (good, (7, 7, 0o755), 0, Some("/d/s belongs to user 7")),
            (
                good,
                (0, 0, 0o757),
                0,
                Some("everybody may write /d/s (mode 0757)"),
            ),
            (good, (0, 0, 0o775), 0, None),
            (
                good,
                (0, 9, 0o775),
                0,
                Some("group 9 may write /d/s (mode 0775)"),
            ),
            ((0, 0, 0o1777), good, 0, None),
            (
                (0, 9, 0o777),
                good,
                0,
                Some("everybody may write /d (mode 0777)"),
            ),
            (
                good,
                (0, 0, 0o644),
                0,
                Some("/d/s (mode 0644) cannot be executed by user 0"),
            ),
            (
                (0, 0, 0o700),
                good,
                7,
                Some("/d (mode 0700) cannot be executed by user 7"),
            ),
        ];
        for (directory, script, uid, wanted) in rows {
            let flaw = judge(&path(directory, script), &user(uid));
            let why = flaw.map(|flaw| match flaw {
                Flaw::Unusable(why) | Flaw::Insecure { why, .. } => why,
            });
            assert_eq!(why.as_deref(), wanted, "{directory:?} {script:?} {uid}");
        }
        // set-uid root is worth as much as root
        let flaw = judge(&path((7, 7, 0o755), (0, 0, 0o4755)), &user(7));
        assert!(
            matches!(flaw, Some(Flaw::Insecure { root: true, .. })),
            "{flaw:?}"
        );
    }

    #[test]
    fn links_are_followed_component_by_component() {
        let directory = tempfile::tempdir().expect("directory");
        let base = directory.path().canonicalize().expect("path");
        fs::create_dir(base.join("real")).expect("made");
        fs::write(base.join("real/s"), "").expect("written");
        let link = |target: &str, name: &str| {
            std::os::unix::fs::symlink(target, base.join(name)).expect("link");
        };
        link("real", "way");
        link("way/../real/s", "go");
        let steps = walk(&base.join("go")).expect("walked");
        let paths: Vec<&Path> = steps.iter().map(|step| step.path.as_path()).collect();
        assert!(paths.ends_with(&[&base.join("real"), &base.join("real/s")]));
        link("loop", "loop");
        assert!(walk(&base.join("loop")).is_err());
        assert!(walk(&base.join("none")).is_err());
    }
}
