//! The steps of a rule: what is loaded into a register, compared, looked up, and decided.

use crate::wire::List;

/// linux/netfilter/nf_tables.h: NFT_REG_1 and NFT_REG_2, of 16 bytes each.
const FIRST: u32 = 1;
const SECOND: u32 = 2;
/// NFTA_LIST_ELEM.
pub(crate) const ELEMENT: u16 = 1;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// Bytes of the network header.
    Network { offset: u32, length: u32 },
    /// What the connection was to before anybody rewrote it, by the kernel's number (NFT_CT_*).
    Before(u32),
    /// One of so many numbers from 0, by chance.
    Random(u32),
    /// These bytes.
    Value(&'a [u8]),
    /// The packet leaves with the address that was loaded, of this family.
    Source(u8),
    /// The first byte of the transport header: the type of an ICMPv6 message.
    IcmpType,
    /// Bytes of the transport header.
    Transport { offset: u32, length: u32 },
    /// The port to which the packet goes, into this register.
    DestinationPort(u32),
    /// The packet's mark becomes what a map has led to.
    Mark,
    /// The transport protocol.
    Protocol,
    /// The interface that it came in by, behind what was loaded.
    In,
    /// The interface that it leaves by, behind what was loaded.
    Out,
    /// The interface that it leaves by.
    OutFirst,
    /// The name of the interface that it leaves by.
    OutName,
    /// Bytes of the network header become what was loaded; no checksum covers them.
    Write { offset: u32, length: u32 },
    /// Only these bits of what was loaded stay.
    Masked(&'a [u8]),
    /// Goes on if it is this.
    Equal(&'a [u8]),
    /// Goes on if it is not this.
    Unlike(&'a [u8]),
    /// The packet leaves with an address of the interface that it leaves by.
    Masquerade,
    /// Goes on if the byte is this.
    Is(u8),
    /// Goes on if it is in this set.
    Among(&'a str),
    /// Goes on if it is not in this set.
    Missing(&'a str),
    /// Goes on if it is in this map; what stands there is behind it.
    Mapped(&'a str),
    /// A copy goes to the address that was loaded, out of the interface behind it.
    Copy,
    /// Packets and bytes are counted.
    Count,
    /// The packet ends here.
    Drop,
    /// The packet passes this chain.
    Accept,
}

impl Step<'_> {
    fn named(self) -> (&'static str, List) {
        let list = List::default();
        match self {
            Self::Network { offset, length } => ("payload", load(1, offset, length)),
            Self::IcmpType => ("payload", load(2, 0, 1)),
            Self::Transport { offset, length } => ("payload", load(2, offset, length)),
            // DREG, KEY, DIRECTION (0: original)
            Self::Before(key) => ("ct", list.number(1, FIRST).number(2, key).bytes(3, &[0])),
            // DREG, MODULUS, TYPE (1: random), OFFSET
            Self::Random(most) => (
                "numgen",
                list.number(1, FIRST)
                    .number(2, most)
                    .number(3, 1)
                    .number(4, 0),
            ),
            // DREG, DATA { VALUE }
            Self::Value(value) => (
                "immediate",
                list.number(1, FIRST)
                    .nest(2, List::default().bytes(1, value)),
            ),
            // TYPE (0: source), FAMILY, REG_ADDR_MIN, REG_ADDR_MAX
            Self::Source(family) => (
                "nat",
                list.number(1, 0)
                    .number(2, family.into())
                    .number(3, FIRST)
                    .number(4, FIRST),
            ),
            // DREG, BASE (2: transport), OFFSET, LEN: RFC 9293 s3.1, RFC 768, RFC 9260 s3.1
            Self::DestinationPort(register) => (
                "payload",
                list.number(1, register)
                    .number(2, 2)
                    .number(3, 2)
                    .number(4, 2),
            ),
            // KEY (3: MARK), SREG
            Self::Mark => ("meta", list.number(2, 3).number(3, SECOND)),
            // DREG, KEY (4: IIF, 5: OIF, 16: L4PROTO)
            Self::Protocol => ("meta", list.number(1, FIRST).number(2, 16)),
            Self::In => ("meta", list.number(1, SECOND).number(2, 4)),
            Self::Out => ("meta", list.number(1, SECOND).number(2, 5)),
            // 7: OIFNAME
            Self::OutName => ("meta", list.number(1, FIRST).number(2, 7)),
            // BASE, OFFSET, LEN, SREG, CSUM_TYPE (0: none), CSUM_OFFSET
            Self::Write { offset, length } => (
                "payload",
                list.number(5, FIRST)
                    .number(2, 1)
                    .number(3, offset)
                    .number(4, length)
                    .number(6, 0)
                    .number(7, 0),
            ),
            Self::OutFirst => ("meta", list.number(1, FIRST).number(2, 5)),
            // SREG, DREG, LEN, MASK { VALUE }, XOR { VALUE }
            Self::Masked(mask) => {
                let length = u32::try_from(mask.len()).unwrap_or_default();
                let nothing = vec![0; mask.len()];
                (
                    "bitwise",
                    list.number(1, FIRST)
                        .number(2, FIRST)
                        .number(3, length)
                        .nest(4, List::default().bytes(1, mask))
                        .nest(5, List::default().bytes(1, &nothing)),
                )
            }
            Self::Masquerade => ("masq", list),
            Self::Equal(value) => ("cmp", compare(0, value)),
            Self::Unlike(value) => ("cmp", compare(1, value)),
            Self::Is(byte) => ("cmp", compare(0, &[byte])),
            // SET, SREG
            Self::Among(set) => ("lookup", list.text(1, set).number(2, FIRST)),
            // and FLAGS: NFT_LOOKUP_F_INV
            Self::Missing(set) => ("lookup", list.text(1, set).number(2, FIRST).number(5, 1)),
            // and DREG
            Self::Mapped(map) => (
                "lookup",
                list.text(1, map).number(2, FIRST).number(3, SECOND),
            ),
            // SREG_ADDR, SREG_DEV
            Self::Copy => ("dup", list.number(1, FIRST).number(2, SECOND)),
            Self::Count => ("counter", list),
            Self::Drop => ("immediate", verdict(0)),
            Self::Accept => ("immediate", verdict(1)),
        }
    }
}

/// DREG, BASE (1: network, 2: transport), OFFSET, LEN.
fn load(base: u32, offset: u32, length: u32) -> List {
    List::default()
        .number(1, FIRST)
        .number(2, base)
        .number(3, offset)
        .number(4, length)
}

/// SREG, OP (0: equal, 1: not), DATA { VALUE }.
fn compare(operation: u32, value: &[u8]) -> List {
    List::default()
        .number(1, FIRST)
        .number(2, operation)
        .nest(3, List::default().bytes(1, value))
}

/// DREG 0 is the verdict; DATA { VERDICT { CODE } }.
fn verdict(code: u32) -> List {
    let code = List::default().number(1, code);
    List::default()
        .number(1, 0)
        .nest(2, List::default().nest(2, code))
}

/// The steps as a rule has them: LIST_ELEM { NAME, DATA } each.
pub(crate) fn steps(steps: &[Step<'_>]) -> List {
    steps.iter().fold(List::default(), |list, step| {
        let (name, data) = step.named();
        list.nest(ELEMENT, List::default().text(1, name).nest(2, data))
    })
}
