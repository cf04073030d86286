//! The compiled configuration as it travels: a sealed memfd with a header and sections.
//!
//! ```text
//!   header (128 bytes) │ vrrp section │ lvs section │ process section │ text of the files │ place
//! ```
//! The supervisor reads the header only. Workers of the same build map their own section; another
//! build must compile the text again, since the sections' layout is the build's own.

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt as _;

/// Bytes written by one call.
const AT_ONCE: usize = 1 << 16;
const MAGIC: [u8; 8] = *b"HFMODEL1";
const HEADER_LENGTH: usize = 128;
/// No configuration is larger: 100,000 real servers take 3 MB.
const SECTION_MAX: u64 = 1 << 30;

/// A part of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// What the vrrp worker runs.
    Vrrp,
    /// What the lvs worker runs.
    Lvs,
    /// What every process knows of itself.
    Process,
    /// The text of every file read, and what else a new compilation needs.
    Text,
    /// Where the daemon stands, for the supervisor: a network namespace and an instance, a line
    /// each.
    Place,
}

/// What the supervisor needs to know of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Counts accepted configurations from 1.
    pub generation: u64,
    /// The build that wrote the sections.
    pub build: u64,
    /// There is something for a vrrp worker.
    pub vrrp: bool,
    /// There is something for an lvs worker.
    pub lvs: bool,
    /// A script runs before the workers.
    pub startup: bool,
    /// A script runs after them.
    pub shutdown: bool,
    /// How long a stop may take, milliseconds.
    pub stop_limit_ms: u32,
    /// What the supervisor calls itself; all 0: as it is called.
    pub name: [u8; 16],
    /// Offset and length of each section, in the order of [`Section`].
    sections: [(u64, u64); 5],
}

impl Header {
    /// Of a bundle that has not been written yet.
    pub const fn new(generation: u64, build: u64, roles: [bool; 2], stop_limit_ms: u32) -> Self {
        let [vrrp, lvs] = roles;
        Self {
            generation,
            build,
            vrrp,
            lvs,
            startup: false,
            shutdown: false,
            stop_limit_ms,
            name: [0; 16],
            sections: [(0, 0); 5],
        }
    }

    /// Names the supervisor, by at most 15 bytes.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        let bytes = name.bytes().take(15);
        self.name
            .iter_mut()
            .zip(bytes)
            .for_each(|(to, byte)| *to = byte);
        self
    }

    /// Says whether scripts run before the workers, and after them.
    #[must_use]
    pub const fn with_scripts(mut self, startup: bool, shutdown: bool) -> Self {
        self.startup = startup;
        self.shutdown = shutdown;
        self
    }
}

/// A header with its memfd.
#[derive(Debug)]
pub struct Bundle {
    /// What stands in it.
    pub header: Header,
    /// The memfd.
    pub memfd: OwnedFd,
}

/// An empty memfd for a compile process to fill.
///
/// # Errors
/// When the kernel has no memory or descriptors left.
pub fn create() -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    Ok(memfd_create(c"holdfast-model", flags)?)
}

/// A part of a bundle as it is written: straight into the memfd, since a large configuration is
/// not worth a second copy.
pub type WriteSection<'a> = &'a mut dyn FnMut(&mut dyn io::Write) -> io::Result<()>;

/// Writes header and sections into `memfd` and seals it.
///
/// # Errors
/// When the memfd cannot be written or sealed.
pub fn write(
    memfd: &OwnedFd,
    mut header: Header,
    sections: [WriteSection<'_>; 5],
) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(AT_ONCE, File::from(memfd.try_clone()?));
    file.seek(SeekFrom::Start(HEADER_LENGTH as u64))?;
    let mut offset = HEADER_LENGTH as u64;
    for (place, section) in header.sections.iter_mut().zip(sections) {
        section(&mut file)?;
        let end = file.stream_position()?;
        *place = (offset, end - offset);
        offset = end;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.write_all_at(&encode(&header), 0)?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SEAL;
    fcntl(memfd.as_fd(), FcntlArg::F_ADD_SEALS(seals))?;
    Ok(())
}

impl Bundle {
    /// Reads the header of a filled memfd.
    ///
    /// # Errors
    /// `InvalidData` when it is no bundle.
    pub fn open(memfd: OwnedFd) -> io::Result<Self> {
        let file = File::from(memfd.try_clone()?);
        let mut bytes = [0_u8; HEADER_LENGTH];
        // by position: the workers' descriptors share one file offset
        file.read_exact_at(&mut bytes, 0)?;
        let header = decode(&bytes).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { header, memfd })
    }

    /// The network namespace and the instance, where they are named.
    ///
    /// # Errors
    /// When the memfd is shorter than its header says.
    pub fn place(&self) -> io::Result<[Option<String>; 2]> {
        let text = String::from_utf8_lossy(&self.section(Section::Place)?).into_owned();
        let mut lines = text.lines().map(str::to_owned);
        Ok([(); 2].map(|()| lines.next().filter(|line| !line.is_empty())))
    }

    /// The bytes of one section.
    ///
    /// # Errors
    /// When the memfd is shorter than its header says.
    pub fn section(&self, section: Section) -> io::Result<Vec<u8>> {
        let [vrrp, lvs, process, text, place] = self.header.sections;
        let (offset, length) = match section {
            Section::Vrrp => vrrp,
            Section::Lvs => lvs,
            Section::Process => process,
            Section::Text => text,
            Section::Place => place,
        };
        if length > SECTION_MAX {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let file = File::from(self.memfd.try_clone()?);
        let mut bytes = vec![0_u8; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut bytes, offset)?;
        Ok(bytes)
    }
}

fn encode(header: &Header) -> [u8; HEADER_LENGTH] {
    let mut bytes = Vec::with_capacity(HEADER_LENGTH);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&header.generation.to_ne_bytes());
    bytes.extend_from_slice(&header.build.to_ne_bytes());
    let all = [header.vrrp, header.lvs, header.startup, header.shutdown];
    let flags = (0..).zip(all).map(|(bit, on)| u32::from(on) << bit);
    let flags: u32 = flags.sum();
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&header.stop_limit_ms.to_ne_bytes());
    bytes.extend_from_slice(&header.name);
    for (offset, length) in header.sections {
        bytes.extend_from_slice(&offset.to_ne_bytes());
        bytes.extend_from_slice(&length.to_ne_bytes());
    }
    let mut fixed = [0_u8; HEADER_LENGTH];
    for (to, from) in fixed.iter_mut().zip(bytes) {
        *to = from;
    }
    fixed
}

fn decode(bytes: &[u8; HEADER_LENGTH]) -> Option<Header> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    let mut u64_next = || {
        let (head, tail) = rest.split_first_chunk::<8>()?;
        rest = tail;
        Some(u64::from_ne_bytes(*head))
    };
    let generation = u64_next()?;
    let build = u64_next()?;
    let word = u64_next()?.to_ne_bytes();
    let [f0, f1, f2, f3, s0, s1, s2, s3] = word;
    let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
    let mut name = [0; 16];
    let halves = [u64_next()?, u64_next()?].map(u64::to_ne_bytes);
    let bytes = halves.into_iter().flatten();
    name.iter_mut().zip(bytes).for_each(|(to, byte)| *to = byte);
    let mut sections = [(0, 0); 5];
    for place in &mut sections {
        *place = (u64_next()?, u64_next()?);
    }
    Some(Header {
        generation,
        build,
        vrrp: flags & 1 != 0,
        lvs: flags & 2 != 0,
        startup: flags & 4 != 0,
        shutdown: flags & 8 != 0,
        stop_limit_ms: u32::from_ne_bytes([s0, s1, s2, s3]),
        name,
        sections,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn fill(memfd: &OwnedFd, header: Header, sections: [&'static [u8]; 4]) {
        let [a, b, c, d] = sections;
        let part = |bytes: &'static [u8]| move |to: &mut dyn io::Write| to.write_all(bytes);
        let (mut a, mut b, mut c, mut d) = (part(a), part(b), part(c), part(d));
        let mut place = part(b"red\n\n");
        write(memfd, header, [&mut a, &mut b, &mut c, &mut d, &mut place]).expect("write");
    }

    #[test]
    fn what_is_written_is_read_and_sealed() {
        let memfd = create().expect("memfd");
        let header = Header::new(3, 77, [true, false], 5000)
            .with_scripts(false, true)
            .with_name("a name of more than 15 bytes");
        fill(&memfd, header, [b"vrrp", b"", b"process", b"text"]);
        assert!(
            File::from(memfd.try_clone().expect("dup"))
                .write_all(b"x")
                .is_err(),
            "sealed"
        );
        let bundle = Bundle::open(memfd).expect("open");
        assert_eq!((bundle.header.generation, bundle.header.build), (3, 77));
        assert_eq!((bundle.header.vrrp, bundle.header.lvs), (true, false));
        assert_eq!(
            (bundle.header.startup, bundle.header.shutdown),
            (false, true)
        );
        assert_eq!(bundle.header.stop_limit_ms, 5000);
        assert_eq!(&bundle.header.name, b"a name of more \0");
        assert_eq!(bundle.section(Section::Vrrp).expect("vrrp"), b"vrrp");
        assert_eq!(bundle.section(Section::Lvs).expect("lvs"), b"");
        assert_eq!(bundle.section(Section::Text).expect("text"), b"text");
        let place = bundle.place().expect("place");
        assert_eq!(place, [Some("red".to_owned()), None]);
    }

    #[test]
    fn readers_do_not_move_each_other() {
        let memfd = create().expect("memfd");
        fill(
            &memfd,
            Header::new(1, 2, [true, true], 0),
            [b"v", b"l", b"", b""],
        );
        let read = |memfd: OwnedFd| {
            for _ in 0..2000 {
                let memfd = memfd.try_clone().expect("dup");
                let bundle = Bundle::open(memfd).expect("a whole header");
                assert_eq!(bundle.section(Section::Lvs).expect("lvs"), b"l");
            }
        };
        let other = memfd.try_clone().expect("dup");
        std::thread::scope(|scope| {
            scope.spawn(|| read(memfd));
            scope.spawn(|| read(other));
        });
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        assert!(Bundle::open(create().expect("memfd")).is_err());
        let memfd = create().expect("memfd");
        File::from(memfd.try_clone().expect("dup"))
            .write_all(&[7; 200])
            .expect("write");
        assert!(Bundle::open(memfd).is_err());
    }
}
