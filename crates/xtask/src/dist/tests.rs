//! The package as dpkg sees it. The program in it is a stand-in: nothing is compiled for this.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

/// Says what the real one says for shells.
const STAND_IN: &str = "#!/bin/sh\n[ \"$1\" = completions ] && echo \"# for $2\"\n";

fn built(folder: &Path, version: &str) -> PathBuf {
    let binary = folder.join("holdfast");
    fs::write(&binary, STAND_IN).expect("write");
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).expect("mode");
    let order = Order {
        binary: Some(binary),
        out: folder.join("out"),
        version: version.to_owned(),
    };
    package(&order).expect("package")
}

fn dpkg_deb(arguments: &[&str], deb: &Path) -> String {
    answer(Command::new("dpkg-deb").args(arguments).arg(deb)).expect("dpkg-deb")
}

#[test]
fn what_is_in_it_is_where_debian_expects_it() {
    let folder = tempfile::tempdir().expect("folder");
    let deb = built(folder.path(), "1.2.3");
    let field = |name: &str| {
        let said = answer(Command::new("dpkg-deb").arg("-f").arg(&deb).arg(name));
        said.expect("field").trim().to_owned()
    };
    assert_eq!(
        (field("Package"), field("Version")),
        ("holdfast".into(), "1.2.3".into())
    );
    let listed = dpkg_deb(&["-c"], &deb);
    for (mode, name) in [
        ("-rwxr-xr-x root/root", "./usr/sbin/holdfast"),
        (
            "-rw-r--r-- root/root",
            "./usr/lib/systemd/system/holdfast.service",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/man/man5/holdfast.conf.5.gz",
        ),
        ("-rw-r--r-- root/root", "./usr/share/man/man8/holdfast.8.gz"),
        (
            "-rw-r--r-- root/root",
            "./usr/share/doc/holdfast/changelog.gz",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/doc/holdfast/examples/nat.conf",
        ),
        (
            "-rw-r--r-- root/root",
            "./usr/share/bash-completion/completions/holdfast",
        ),
        ("-rw-r--r-- root/root", "./etc/default/holdfast"),
        ("drwxr-xr-x root/root", "./etc/holdfast/"),
    ] {
        let there = |line: &str| line.starts_with(mode) && line.ends_with(name);
        assert!(listed.lines().any(there), "{mode} {name}\n{listed}");
    }
    // the same sources, the same package
    let bytes = fs::read(&deb).expect("read");
    assert_eq!(
        fs::read(built(folder.path(), "1.2.3")).expect("read"),
        bytes
    );
}

/// A root of its own for dpkg, and what it says to a command there.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        for name in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "run"] {
            fs::create_dir_all(folder.path().join(name)).expect("folder");
        }
        fs::write(folder.path().join("var/lib/dpkg/status"), "").expect("status");
        Self(folder)
    }

    fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.0.path().join(name)).is_ok()
    }

    fn dpkg(&self, arguments: &[&str]) -> String {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg(format!("--root={}", self.0.path().display()));
        // the scripts run here, with DPKG_ROOT, and what the package depends on is not in there
        dpkg.args([
            "--force-script-chrootless",
            "--force-depends",
            "--log=/dev/null",
        ]);
        answer(dpkg.args(arguments)).expect("dpkg")
    }
}

const ENABLED: &str = "etc/systemd/system/multi-user.target.wants/holdfast.service";

#[test]
fn it_is_installed_upgraded_removed_and_purged() {
    if !root_may() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let (old, new) = (built(folder.path(), "1.2.3"), built(folder.path(), "1.3.0"));
    let root = Root::new();
    let words = [&old, &new].map(|deb| deb.display().to_string());
    let [old, new] = &words;
    root.dpkg(&["-i", old]);
    assert!(root.has("usr/sbin/holdfast") && root.has(ENABLED));
    let settings = root.0.path().join("etc/default/holdfast");
    let own = "DAEMON_ARGS=\"--log-facility=3\"\n";
    fs::write(&settings, own).expect("write");
    // who disabled it does not find it enabled after an upgrade
    fs::remove_file(root.0.path().join(ENABLED)).expect("disabled");
    root.dpkg(&["-i", new]);
    assert!(root.dpkg(&["-s", "holdfast"]).contains("Version: 1.3.0"));
    assert!(!root.has(ENABLED));
    assert_eq!(fs::read_to_string(&settings).expect("settings"), own);
    root.dpkg(&["-r", "holdfast"]);
    assert!(!root.has("usr/sbin/holdfast") && root.has("etc/default/holdfast"));
    root.dpkg(&["-P", "holdfast"]);
    for name in ["etc/default/holdfast", "etc/holdfast", "run/holdfast"] {
        assert!(!root.has(name), "{name} is left");
    }
}

#[test]
fn beside_keepalived_it_is_not_enabled() {
    if !root_may() {
        return;
    }
    let folder = tempfile::tempdir().expect("folder");
    let deb = built(folder.path(), "1.2.3").display().to_string();
    let root = Root::new();
    let wants = root
        .0
        .path()
        .join("etc/systemd/system/multi-user.target.wants");
    fs::create_dir_all(&wants).expect("folder");
    let link = wants.join("keepalived.service");
    std::os::unix::fs::symlink("/lib/systemd/system/keepalived.service", link).expect("link");
    let said = root.dpkg(&["-i", &deb]);
    assert!(said.contains("neither enabled nor started"), "{said}");
    assert!(!root.has(ENABLED));
    // nor by an upgrade, with keepalived gone
    fs::remove_file(wants.join("keepalived.service")).expect("gone");
    let newer = built(folder.path(), "1.3.0").display().to_string();
    root.dpkg(&["-i", &newer]);
    assert!(!root.has(ENABLED));
}

/// dpkg installs for root only, also elsewhere.
fn root_may() -> bool {
    answer(Command::new("id").arg("-u")).is_ok_and(|said| said.trim() == "0")
}

#[test]
fn the_units_are_understood() {
    let folder = tempfile::tempdir().expect("folder");
    let deb = built(folder.path(), "1.2.3");
    let out = folder.path().join("root");
    let mut extract = Command::new("dpkg-deb");
    answer(extract.arg("-x").arg(&deb).arg(&out)).expect("extract");
    let program = out.join("usr/sbin/holdfast").display().to_string();
    for name in [
        "holdfast.service",
        "holdfast-director.service",
        "holdfast-realserver.service",
        "holdfast-realserver-nat.service",
    ] {
        let unit = out.join("usr/lib/systemd/system").join(name);
        let text = fs::read_to_string(&unit).expect("unit");
        // where this one is
        let text = text.replace("/usr/sbin/holdfast", &program);
        let copy = folder.path().join(name);
        fs::write(&copy, text).expect("write");
        let output = match Command::new("systemd-analyze")
            .args(["--man=no", "verify"])
            .arg(&copy)
            .output()
        {
            Ok(output) => output,
            // a machine without systemd
            Err(_) => return,
        };
        let said = String::from_utf8_lossy(&output.stderr);
        let ours = said.lines().find(|line| line.contains(name));
        assert!(output.status.success() && ours.is_none(), "{said}");
    }
}
