//! Who may depend on what: the crates' drawing as a table.

use super::{PURE, read};
use crate::Result;
use std::collections::BTreeSet;
use std::path::Path;

/// A crate and everything it may depend on.
const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &["serde"]),
    // hmac, sha2: auth_hmac signs adverts
    // serde: hardware addresses are part of what a successor is told
    ("packet", &["hmac", "serde", "sha2", "thiserror"]),
    (
        "ipvs",
        &["netlink-packet-core", "netlink-packet-generic", "thiserror"],
    ),
    ("ipvsadm", &["holdfast-ipvs"]),
    ("nft", &[]),
    ("pcre", &["pcre2-sys", "thiserror"]),
    ("syntax", &["nom", "memchr", "annotate-snippets"]),
    // serde: the machine's snapshot outlives its process
    ("vrrp", &["holdfast-model", "holdfast-packet", "serde"]),
    ("bfd", &["holdfast-model", "holdfast-packet", "serde"]),
    ("health", &["holdfast-model", "serde"]),
    ("plan", &["holdfast-model", "thiserror"]),
    // pcre: a pattern that it does not take is a finding
    (
        "config",
        &["holdfast-model", "holdfast-pcre", "holdfast-syntax"],
    ),
    // no runtime, no configuration, no model; jiff: times of log lines, sd-notify: systemd
    (
        "supervise",
        &["nix", "libc", "jiff", "sd-notify", "thiserror"],
    ),
    // an independent witness: none of the daemon's crates
    // the socket's two ends and the links to the workers: no machine, no model
    (
        "control",
        &[
            "holdfast-kernel",
            "holdfast-supervise",
            "http-body-util",
            "hyper",
            "hyper-util",
            "jiff",
            "nix",
            "postcard",
            "reqwest",
            "serde",
            "serde_json",
            "thiserror",
            "tokio",
            "tracing",
        ],
    ),
    ("lab", &["lexopt", "nix", "socket2", "thiserror"]),
    // fastrand: a seed is a whole run
    (
        "sim",
        &[
            "fastrand",
            "holdfast-model",
            "holdfast-packet",
            "holdfast-vrrp",
            "serde",
            // a tape is lines of JSON
            "serde_json",
        ],
    ),
    ("xtask", &["holdfast-lab", "holdfast-sim", "serde_json"]),
];

pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for (name, allowed) in ALLOWED {
        let path = root.join("crates").join(name).join("Cargo.toml");
        for dependency in dependencies(&read(&path)?) {
            if !allowed.contains(&dependency.as_str()) {
                findings.push(format!(
                    "crates/{name}/Cargo.toml: may not depend on {dependency}"
                ));
            }
        }
    }
    for name in PURE {
        let path = root.join("crates").join(name).join("src/lib.rs");
        let line = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";
        if !read(&path)?.lines().any(|each| each == line) {
            findings.push(format!(
                "crates/{name}/src/lib.rs: a pure crate says {line}"
            ));
        }
    }
    Ok(findings)
}

/// The names in every `[dependencies]` table of a manifest; tables for tests are free.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table == "dependencies"
                || table == "build-dependencies"
                || (table.starts_with("target.") && table.ends_with(".dependencies"));
            if let Some(name) = table.strip_prefix("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            let end = line.find(|each: char| each == '.' || each == '=' || each.is_whitespace());
            names.extend(end.and_then(|end| line.get(..end)).map(str::to_owned));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::dependencies;

    #[test]
    fn only_what_is_shipped_counts() {
        let text = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = \"1\"\n\
            [dev-dependencies]\nc = \"1\"\n[dependencies.d]\nversion = \"1\"\n";
        assert_eq!(
            dependencies(text).into_iter().collect::<Vec<_>>(),
            ["a", "b", "d"]
        );
    }
}
