//! /proc/net/ip_vs: the table at a tenth of a dump's cost.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_model::{Protocol, Scheduler, ServiceKey};
use holdfast_plan::service::RowId;
use holdfast_plan::sweep::{Sketch, Way};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

/// Bytes that are read at once, about: more than a thousand rows hold up what else there is to do.
const PIECE: usize = 32 << 10;

/// The table as it comes, piece by piece.
#[derive(Debug)]
pub struct Sketches<R = File> {
    file: R,
    /// What was read and not yet understood begins here.
    text: Vec<u8>,
    reader: Reader,
}

impl Sketches {
    /// In this thread's network namespace.
    ///
    /// # Errors
    /// When the kernel has no such file.
    pub fn open() -> io::Result<Self> {
        Ok(Self {
            file: File::open("/proc/thread-self/net/ip_vs")?,
            text: Vec::new(),
            reader: Reader::default(),
        })
    }
}

impl<R: Read> Sketches<R> {
    /// Gives `each` some rows more, those of a service after the service; false if there were none. Firewall
    /// marks are left out: their family is not told here.
    ///
    /// # Errors
    /// When the kernel does not give them.
    pub fn more(&mut self, mut each: impl FnMut(RowId, Sketch)) -> io::Result<bool> {
        let before = self.text.len();
        self.text.reserve(2 * PIECE);
        let mut piece = self.file.by_ref().take(PIECE as u64);
        let more = piece.read_to_end(&mut self.text)? > 0;
        let whole = match more {
            true => self.text.iter().rposition(|byte| *byte == b'\n'),
            // the last line of all
            false => before.checked_sub(1),
        };
        let whole = whole.map_or(0, |end| end + 1);
        let lines = self.text.get(..whole).unwrap_or_default();
        for line in lines.split(|byte| *byte == b'\n') {
            if let Some((id, sketch)) = self.reader.row(line) {
                each(id, sketch);
            }
        }
        self.text.drain(..whole);
        Ok(more)
    }
}

/// All of it: the rows of services by address.
///
/// # Errors
/// When the kernel has no such file.
pub fn sketch() -> io::Result<BTreeMap<RowId, Sketch>> {
    let (mut rows, mut sketches) = (BTreeMap::new(), Sketches::open()?);
    while sketches.more(|id, sketch| _ = rows.insert(id, sketch))? {}
    Ok(rows)
}

/// Reads line by line.
#[derive(Debug, Default)]
struct Reader {
    service: Option<ServiceKey>,
}

impl Reader {
    fn row(&mut self, line: &[u8]) -> Option<(RowId, Sketch)> {
        let line = core::str::from_utf8(line).ok()?;
        let mut words = line.split_ascii_whitespace();
        let (first, second, third) = (words.next()?, words.next()?, words.next());
        let protocol = match first {
            "->" => {
                let (address, port) = place(second)?;
                let id = RowId::destination(self.service?, address, port);
                let way = match third {
                    Some("Masq") => Way::Masquerade,
                    Some("Route") => Way::Route,
                    Some("Tunnel") => Way::Tunnel,
                    _ => Way::Other,
                };
                let weight = words.next()?.parse().ok()?;
                return Some((id, Sketch::Destination { way, weight }));
            }
            "TCP" => Some(Protocol::Tcp),
            "UDP" => Some(Protocol::Udp),
            "SCTP" => Some(Protocol::Sctp),
            // FWM, and the headings
            _ => None,
        };
        let service = protocol.zip(place(second));
        self.service = service.map(|(protocol, (address, port))| ServiceKey::Address {
            protocol,
            address,
            port,
        });
        let scheduler = third.and_then(Scheduler::from_word);
        let id = RowId::service(self.service?);
        Some((id, Sketch::Service(scheduler)))
    }
}

/// `0A000001:0050`, `[fd00:0000:...]:0050`.
fn place(word: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = word.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let six = address
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match six {
        Some(six) => six.parse::<Ipv6Addr>().ok()?.into(),
        None => Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?).into(),
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// Gives no more at once than a seq_file's page.
    struct Paged<'a>(&'a [u8]);

    impl Read for Paged<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(4096);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn a_table_in_pieces_is_the_whole_table() {
        // the last line has no end
        let mut text = "TCP  0A000001:0050 rr ".to_owned();
        let rows = 3_000;
        for last in 1..=rows {
            let line = format!("\n  -> 0A01{last:04X}:0050      Masq    {last}      0          0");
            text.write_str(&line).expect("text");
        }
        let mut sketches = Sketches {
            file: Paged(text.as_bytes()),
            text: Vec::new(),
            reader: Reader::default(),
        };
        let (mut seen, mut pieces) = (Vec::new(), 0);
        while sketches
            .more(|id, sketch| seen.push((id, sketch)))
            .expect("text")
        {
            pieces += 1;
        }
        assert!(pieces > 3, "{pieces}");
        let mut reader = Reader::default();
        let lines = text.lines().filter_map(|line| reader.row(line.as_bytes()));
        assert_eq!(seen, lines.collect::<Vec<_>>());
        assert_eq!(seen.len(), rows + 1);
    }

    #[test]
    fn the_kernels_words_are_read() {
        let text = b"IP Virtual Server version 1.2.1 (size=4096)\n\
            Prot LocalAddress:Port Scheduler Flags\n  \
              -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
            UDP  0A000001:0050 sh ops persistent 10 FFFFFFFF\n  \
              -> 0A000002:0050      Tunnel  3      0          0         \n\
            TCP  [fd00:0000:0000:0000:0000:0000:0000:0010]:0050 rr \n  \
              -> [fd00:0000:0000:0000:0000:0000:0000:0002]:0050      Route   1      0          0\n\
            FWM  00000007 IPv6 rr\n  \
              -> 0A000002:0000      Masq    1      0          0\n";
        let mut reader = Reader::default();
        let lines = text.split(|byte| *byte == b'\n');
        let rows: BTreeMap<RowId, Sketch> = lines.filter_map(|line| reader.row(line)).collect();
        let key = |protocol, address: &str| ServiceKey::Address {
            protocol,
            address: address.parse().unwrap(),
            port: 80,
        };
        let (four, six) = (
            key(Protocol::Udp, "10.0.0.1"),
            key(Protocol::Tcp, "fd00::10"),
        );
        let way = |way, weight| Sketch::Destination { way, weight };
        let expected = BTreeMap::from([
            (RowId::service(four), Sketch::Service(Some(Scheduler::Sh))),
            (
                RowId::destination(four, "10.0.0.2".parse().unwrap(), 80),
                way(Way::Tunnel, 3),
            ),
            (RowId::service(six), Sketch::Service(Some(Scheduler::Rr))),
            (
                RowId::destination(six, "fd00::2".parse().unwrap(), 80),
                way(Way::Route, 1),
            ),
        ]);
        assert_eq!(rows, expected);
    }
}
