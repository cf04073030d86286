//! What outlives a worker: which addresses and rows this host holds, and how to resign.
//!
//! Written into the run directory before anything is put into the kernel, so that a process which
//! knows nothing else can take it out again.

mod draft;
mod pieces;

use self::draft::Draft;
pub(crate) use self::pieces::Pieces;
use holdfast_model::{Hmac, IfName, InstanceKey, Name, Route, Rule, ServiceKey, VirtualAddress};
use holdfast_vrrp::Signed;
use nix::fcntl::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that a file may grow by, at least, and twice what it has.
const RESERVE: usize = 8 << 10;
/// A file of another version is none.
const VERSION: u32 = 11;

/// Where this host was when the file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    version: u32,
    boot_id: String,
    namespace: u64,
}

/// What the vrrp worker holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// By instance; those that hold nothing are not in it.
    pub(crate) instances: BTreeMap<InstanceKey, HeldInstance>,
    /// What is there as long as the daemon.
    pub(crate) statics: HeldObjects,
    /// `promote_secondaries` of links as it was before us.
    pub(crate) settings: Vec<HeldSetting>,
    /// A table of ours may keep addresses away.
    pub(crate) firewall: bool,
    /// Links of our own.
    pub(crate) links: Vec<IfName>,
}

impl Held {
    /// Nothing that would have to be given back.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the kernel holds for the daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldObjects {
    /// `static_ipaddress`.
    pub(crate) addresses: Vec<VirtualAddress>,
    /// `static_routes`.
    pub(crate) routes: Vec<Route>,
    /// `static_rules`.
    pub(crate) rules: Vec<Rule>,
}

/// A link's setting as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldSetting {
    /// Whose.
    pub(crate) interface: IfName,
    /// Which: `net.ipv4.conf.INTERFACE.` comes before it.
    pub(crate) name: String,
    /// What it was.
    pub(crate) value: i32,
}

/// What one instance holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldInstance {
    /// The interface of the adverts.
    pub(crate) interface: String,
    /// The adverts with priority 0, to whom they go: source, destination, bytes as a raw socket
    /// takes them.
    pub(crate) resignation: Vec<(IpAddr, IpAddr, Vec<u8>)>,
    /// What signs them when they are sent (`auth_hmac`).
    pub(crate) signer: Option<Hmac>,
    /// Its addresses.
    pub(crate) addresses: Vec<VirtualAddress>,
    /// Its routes.
    pub(crate) routes: Vec<Route>,
    /// Its rules.
    pub(crate) rules: Vec<Rule>,
    /// Nobody reaches its addresses.
    pub(crate) refuses: bool,
    /// Its adverts leave by that interface only: it belongs to a VRF.
    pub(crate) bound: bool,
    /// `vip_lease`: how long after an advert its addresses can be used.
    pub(crate) lease: Option<Duration>,
}

/// What the lvs worker made or adopted: rows of the IPVS table, by service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rows {
    /// What is not about one service.
    pub(crate) head: RowsHead,
    /// One entry a service. The last, for it is written in pieces.
    pub(crate) services: Vec<(ServiceKey, Vec<HeldRow>)>,
}

/// What stood in the kernel before us, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowsHead {
    /// The kernel's timeouts before us: TCP, TCP after FIN, UDP.
    pub(crate) timeouts: Option<(u32, u32, u32)>,
    /// `net.ipv4.vs.conntrack` before us; some: there may be a table for FULLNAT.
    pub(crate) conntrack: Option<i32>,
    /// `net_namespace_ipvs`: where all this is, if elsewhere. None in it: the first one of the host.
    pub(crate) namespace: Option<Option<Name>>,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldRow {
    /// `None`: the service's own row.
    pub(crate) destination: Option<(IpAddr, u16)>,
    /// It stood there before us.
    pub(crate) found: bool,
}

/// A file of the run directory.
#[derive(Debug, Clone)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// The last write failed, and somebody was told.
    failing: Cell<bool>,
}

impl StateFile {
    /// The vrrp worker's.
    pub(crate) fn vrrp(run_dir: &Path) -> Self {
        Self::at(run_dir, "vrrp.state")
    }

    /// What `auth_hmac` has to know; it stays when nothing is held any more.
    pub(crate) fn signed(run_dir: &Path) -> Self {
        Self::at(run_dir, "signed.state")
    }

    /// The lvs worker's.
    pub(crate) fn lvs(run_dir: &Path) -> Self {
        Self::at(run_dir, "lvs.state")
    }

    /// The lvs worker's checks.
    pub(crate) fn checks(run_dir: &Path) -> Self {
        Self::at(run_dir, "checks.state")
    }

    fn at(run_dir: &Path, name: &str) -> Self {
        Self {
            path: run_dir.join(name),
            failing: Cell::new(false),
        }
    }

    /// What it says; `None` when it is missing, spoilt, of another boot, namespace or version.
    pub(crate) fn read<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        let bytes = std::fs::read(&self.path).ok()?;
        let (place, rest) = postcard::take_from_bytes::<Place>(&bytes).ok()?;
        if place != here()? {
            return None;
        }
        postcard::from_bytes(rest).ok()
    }

    /// What is written on what is ours in the kernel: no other daemon of this host has this run
    /// directory.
    pub(crate) fn mark(&self) -> String {
        let directory = self.path.parent().unwrap_or(&self.path);
        format!("holdfast {}", directory.display())
    }

    /// [`Self::write`]; false when it failed. `what` it is is said in the log at the first failure of several,
    /// and when it works again.
    pub(crate) fn keep<T: Serialize>(&self, value: &T, what: &str) -> bool {
        self.is_kept(&self.write(value), what)
    }

    /// Whether `what` it is was written, said as in [`Self::keep`].
    pub(crate) fn is_kept(&self, written: &io::Result<()>, what: &str) -> bool {
        match (written, self.failing.replace(written.is_err())) {
            (Err(error), false) => tracing::warn!("cannot write {what}: {error}"),
            (Ok(()), true) => tracing::info!("{what} is written again"),
            (Err(_), true) | (Ok(()), false) => {}
        }
        written.is_ok()
    }

    /// Replaces it as a whole: a new file, renamed over the old one; 0600. Where the disk has no room for
    /// both, the old one is written over.
    pub(crate) fn write<T: Serialize>(&self, value: &T) -> io::Result<()> {
        let bytes = postcard::to_extend(value, place()?).map_err(io::Error::other)?;
        self.put(&bytes)
    }

    /// The same for what is too much for one turn.
    pub(crate) fn draft(&self) -> io::Result<Draft> {
        Draft::begin(&self.path)
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        let new = self.path.with_extension("new");
        self.replace(&new, bytes).or_else(|error| {
            let _not_even_made = std::fs::remove_file(&new);
            match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    self.write_over(bytes).map_err(|_| error)
                }
                _other => Err(error),
            }
        })
    }

    fn replace(&self, new: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = draft::fresh(new)?;
        file.write_all(bytes)?;
        reserve(&file, bytes.len());
        std::fs::rename(new, &self.path)
    }

    /// One call writes what has room in the blocks that the file has. It does not become shorter, for others
    /// would have the blocks then: what was behind is not read.
    fn write_over(&self, bytes: &[u8]) -> io::Result<()> {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .custom_flags(libc::O_NOFOLLOW)
            .open(&self.path)?;
        // stat(2): a block is 512 bytes
        if bytes.len() as u64 > file.metadata()?.blocks() * 512 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        file.write_all_at(bytes, 0)
    }

    /// Writes down what `auth_hmac` has to know, beside it.
    pub(crate) fn remember(&self, signed: &Signed) {
        let directory = self.path.parent().unwrap_or(&self.path);
        if let Err(error) = Self::signed(directory).write(signed)
            && !self.failing.replace(true)
        {
            tracing::warn!("cannot write down what was signed: {error}");
        }
    }

    /// Nothing is held any more.
    pub(crate) fn remove(&self) {
        for path in [self.path.clone(), draft::beside(&self.path)] {
            let _already_gone = std::fs::remove_file(path);
        }
    }
}

/// Blocks for what may come when the disk is full.
fn reserve(file: &File, length: usize) {
    let room = i64::try_from(length * 2 + RESERVE).unwrap_or(i64::MAX);
    let _not_every_file_system_can = fallocate(file, FallocateFlags::FALLOC_FL_KEEP_SIZE, 0, room);
}

/// What every file begins with.
fn place() -> io::Result<Vec<u8>> {
    let place = here().ok_or(io::ErrorKind::Unsupported)?;
    postcard::to_stdvec(&place).map_err(io::Error::other)
}

fn here() -> Option<Place> {
    let boot_id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::metadata("/proc/self/ns/net").ok()?.ino();
    Some(Place {
        version: VERSION,
        boot_id: boot_id.trim().to_owned(),
        namespace,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_junk_is_none() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::vrrp(folder.path());
        assert_eq!(file.read::<Held>(), None);
        let mut held = Held::default();
        held.instances.insert(
            InstanceKey("VI_1".into()),
            HeldInstance {
                interface: "eth0".into(),
                resignation: vec![([10, 0, 0, 1].into(), [224, 0, 0, 18].into(), vec![1, 2, 3])],
                signer: None,
                addresses: Vec::new(),
                routes: Vec::new(),
                rules: Vec::new(),
                refuses: false,
                bound: false,
                lease: None,
            },
        );
        file.write(&held).expect("write");
        file.write(&held).expect("write again");
        assert_eq!(file.read(), Some(held));
        std::fs::write(folder.path().join("vrrp.state"), b"junk").expect("spoil");
        assert_eq!(file.read::<Held>(), None);
    }
    #[test]
    fn a_shorter_one_written_over_a_longer_one_is_read() {
        let folder = tempfile::tempdir().expect("folder");
        let file = StateFile::vrrp(folder.path());
        let held = |count: usize| {
            let instances = (0..count).map(|number| {
                let key = InstanceKey(format!("VI_{number}").as_str().into());
                (key, HeldInstance::default())
            });
            Held {
                instances: instances.collect(),
                ..Held::default()
            }
        };
        let bytes = |held: &Held| {
            let place = postcard::to_stdvec(&here().expect("place")).expect("bytes");
            postcard::to_extend(held, place).expect("bytes")
        };
        file.write_over(&bytes(&held(1)))
            .expect_err("there is none");
        file.write(&held(20)).expect("write");
        for count in [3, 0, 25] {
            file.write_over(&bytes(&held(count))).expect("write over");
            assert_eq!(file.read(), Some(held(count)));
        }
        file.write_over(&vec![0; 1 << 20])
            .expect_err("no blocks for it");
        assert_eq!(file.read(), Some(held(25)));
    }
}
