//! Attributes, and the header that every message has.

/// linux/netfilter/nfnetlink.h: NFNL_SUBSYS_NFTABLES.
pub(crate) const SUBSYSTEM: u16 = 10;
/// NFNETLINK_V0.
const VERSION: u8 = 0;
/// linux/netlink.h: NLA_F_NESTED.
const NESTED: u16 = 0x8000;
/// The flags of an attribute's type.
const TYPE_MASK: u16 = 0x3fff;

/// The family of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// NFPROTO_IPV4.
    Ipv4,
    /// NFPROTO_IPV6.
    Ipv6,
    /// NFPROTO_ARP.
    Arp,
}

impl Family {
    /// The kernel's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 2,
            Self::Ipv6 => 10,
            Self::Arp => 3,
        }
    }

    /// From the kernel's number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            2 => Some(Self::Ipv4),
            10 => Some(Self::Ipv6),
            3 => Some(Self::Arp),
            _ => None,
        }
    }
}

/// One netlink message without its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its type.
    pub kind: u16,
    /// NLM_F_*, besides REQUEST.
    pub flags: u16,
    /// What follows the header.
    pub body: Vec<u8>,
}

impl Message {
    /// A message of this subsystem.
    pub(crate) fn new(kind: u8, flags: u16, family: Family, list: List) -> Self {
        let mut body = vec![family.number(), VERSION, 0, 0];
        body.extend(list.0);
        Self {
            kind: SUBSYSTEM << 8 | u16::from(kind),
            flags,
            body,
        }
    }

    /// The begin or the end of a transaction.
    pub(crate) fn bracket(kind: u16) -> Self {
        let mut body = vec![0, VERSION];
        body.extend(SUBSYSTEM.to_be_bytes());
        Self {
            kind,
            flags: 0,
            body,
        }
    }
}

/// Attributes in a row.
#[derive(Debug, Clone, Default)]
pub(crate) struct List(Vec<u8>);

impl List {
    pub(crate) fn bytes(mut self, kind: u16, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len() + 4).unwrap_or(u16::MAX);
        self.0.extend(length.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(bytes);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        self
    }

    pub(crate) fn number(self, kind: u16, number: u32) -> Self {
        self.bytes(kind, &number.to_be_bytes())
    }

    pub(crate) fn text(self, kind: u16, text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0);
        self.bytes(kind, &bytes)
    }

    pub(crate) fn nest(self, kind: u16, inner: Self) -> Self {
        self.bytes(kind | NESTED, &inner.0)
    }
}

/// The attributes of a message that came from the kernel, by type.
pub(crate) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    core::iter::from_fn(move || {
        let head = bytes.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let kind = u16::from_ne_bytes([head[2], head[3]]) & TYPE_MASK;
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}
