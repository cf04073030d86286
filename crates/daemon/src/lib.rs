//! Composes machines, lanes and processes into the running daemon.
//!
//! ```text
//!  load/    files → findings → model → memfd, and back       (compile process, -t)
//!  worker/  the vrrp loop, the lvs loop, the link between them
//!  lane/    fast: addresses, ARP, the netlink monitor        ipvs: the kernel's IPVS table
//!  state/   what outlives a worker                           release: gives it back
//!  mail/    mail about changes
//!  script/  programs that are run for what happens
//!  render/  Event → log line; the bounded ring to the log
//! ```
//! Only this crate knows both a machine and its effects; no machine's state is matched on here.

mod lane;
pub mod load;
mod mail;
pub mod release;
pub mod render;
pub mod script;
mod state;
mod track;
pub mod worker;

use holdfast_supervise::log::LogOptions;
use std::path::PathBuf;

/// Which build this is.
const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "/", env!("HOLDFAST_BUILD"));

/// What the command line says to every process of the daemon.
#[derive(Debug, Clone)]
pub struct Context {
    /// `--run-dir`.
    pub run_dir: PathBuf,
    /// `-f`.
    pub file: Option<PathBuf>,
    /// `-i`; otherwise the host's name counts.
    pub config_id: Option<String>,
    /// `-e`: every file that is included must be there and readable.
    pub all_files: bool,
    /// The log.
    pub log: LogOptions,
    /// `--allow-unbuilt`.
    pub allow_unbuilt: bool,
    /// `--without-ipvs`.
    pub without_ipvs: bool,
    /// `-B`: no BFD session is run.
    pub no_bfd: bool,
    /// Both workers may run: without the lvs worker (`-P`) nobody says whether IPVS is there.
    pub vrrp_alone: bool,
    /// Not with `--ignore-sigint`.
    pub interrupt: bool,
    /// `-s`: the file's `net_namespace` does not count.
    pub namespace_given: bool,
    /// `-u`: the file's `umask` does not count.
    pub umask_given: bool,
    /// `-V`: a worker that ends leaves its addresses.
    pub keep_vips: bool,
    /// `-I`: a worker that ends leaves its rows.
    pub keep_ipvs: bool,
    /// `--record`.
    pub record: Option<worker::Recording>,
}
