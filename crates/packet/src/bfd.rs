//! BFD control packets (RFC 5880 s4.1).
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
//!   |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
//!   +-----+---------+---+-+-+-+-+-+-+---------------+---------------+
//!   |                       My Discriminator                        |
//!   |                      Your Discriminator                       |
//!   |                    Desired Min TX Interval                    |
//!   |                   Required Min RX Interval                    |
//!   |                 Required Min Echo RX Interval                 |
//!   +---------------------------------------------------------------+
//! ```
//!
//! Times are microseconds. An authentication section may follow when A is set; nobody here speaks
//! authentication, so a packet with one is told apart and goes no further.

use thiserror::Error;

/// The only version.
pub const VERSION: u8 = 1;

/// Bytes of a packet without authentication.
pub const LENGTH: usize = 24;

/// The least a packet with authentication has: type and length of the section (s6.8.6).
const LENGTH_AUTHENTICATED: usize = 26;

/// The state of a session, as the Sta field has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Held down by its administrator.
    AdminDown,
    /// No connection.
    Down,
    /// The other end is heard, and may not hear us yet.
    Init,
    /// Both ends hear each other.
    Up,
}

impl State {
    /// `None` above 3.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AdminDown),
            1 => Some(Self::Down),
            2 => Some(Self::Init),
            3 => Some(Self::Up),
            _ => None,
        }
    }

    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            Self::AdminDown => 0,
            Self::Down => 1,
            Self::Init => 2,
            Self::Up => 3,
        }
    }
}

/// Why the sender's session last left Up: five bits, of which 9 to 31 mean nothing (yet).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Diagnostic(u8);

impl Diagnostic {
    /// Nothing went wrong.
    pub const NONE: Self = Self(0);
    /// The detection time ran out.
    pub const EXPIRED: Self = Self(1);
    /// The other end said that it is down.
    pub const NEIGHBOR_DOWN: Self = Self(3);
    /// Held down by its administrator.
    pub const ADMIN_DOWN: Self = Self(7);

    /// `None` above 31.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 32 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number on the wire.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A control packet without authentication. Of the flags, M is always clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPacket {
    /// Why the sender's session last left Up.
    pub diagnostic: Diagnostic,
    /// The sender's state.
    pub state: State,
    /// P: asks for an answer with F.
    pub poll: bool,
    /// F: the answer to P.
    pub r#final: bool,
    /// C: the sender's BFD does not depend on its control plane.
    pub independent: bool,
    /// D: the sender wants to hear nothing periodic.
    pub demand: bool,
    /// Packets that may be lost, never 0.
    pub detect_mult: u8,
    /// The sender's name for the session, never 0.
    pub my_discriminator: u32,
    /// Our name for it, 0 when it is not known.
    pub your_discriminator: u32,
    /// Microseconds.
    pub desired_min_tx: u32,
    /// Microseconds; 0: send nothing periodic.
    pub required_min_rx: u32,
    /// Microseconds; 0: no echo.
    pub required_min_echo_rx: u32,
}

/// Not a control packet that anyone could accept (RFC 5880 s6.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BfdError {
    /// Fewer bytes than the shortest packet.
    #[error("BFD packet of {have} bytes, expected at least {LENGTH}")]
    Short {
        /// Bytes received.
        have: usize,
    },
    /// Another version of the protocol.
    #[error("BFD version {0}")]
    Version(u8),
    /// The length field is too small for the packet it describes, or larger than what was received.
    #[error("BFD length field {length} in {have} bytes")]
    Length {
        /// As the field says.
        length: u8,
        /// Bytes received.
        have: usize,
    },
    /// Detect Mult is 0.
    #[error("BFD Detect Mult 0")]
    DetectMult,
    /// M is set: a BFD of the future.
    #[error("BFD multipoint bit")]
    Multipoint,
    /// The sender has no name for its session.
    #[error("BFD My Discriminator 0")]
    MyDiscriminator,
    /// It names no session of ours, and is past the states in which that is possible.
    #[error("BFD Your Discriminator 0 in state Init or Up")]
    YourDiscriminator,
    /// It is authenticated, and no session here is.
    #[error("BFD authentication, which is not in use here")]
    Authenticated,
}

/// The packet's bytes.
pub fn build(packet: &ControlPacket) -> [u8; LENGTH] {
    let flag = |set: bool, bit: u8| u8::from(set) << bit;
    let mut bytes = [0; LENGTH];
    let (head, words) = bytes.split_at_mut(4);
    head.copy_from_slice(&[
        VERSION << 5 | packet.diagnostic.number(),
        packet.state.number() << 6
            | flag(packet.poll, 5)
            | flag(packet.r#final, 4)
            | flag(packet.independent, 3)
            | flag(packet.demand, 1),
        packet.detect_mult,
        LENGTH as u8,
    ]);
    let values = [
        packet.my_discriminator,
        packet.your_discriminator,
        packet.desired_min_tx,
        packet.required_min_rx,
        packet.required_min_echo_rx,
    ];
    for (word, value) in words.chunks_exact_mut(4).zip(values) {
        word.copy_from_slice(&value.to_be_bytes());
    }
    bytes
}

/// Takes a UDP payload apart, in the order of RFC 5880 s6.8.6. Which session is meant, and whether
/// it came far enough (TTL), is for the receiver to judge.
///
/// # Errors
/// The first check that fails.
pub fn parse(payload: &[u8]) -> Result<ControlPacket, BfdError> {
    let have = payload.len();
    let short = BfdError::Short { have };
    let (fixed, _) = payload.split_first_chunk::<LENGTH>().ok_or(short)?;
    let [first, flags, detect_mult, length, words @ ..] = *fixed;
    // RFC 5880 s6.8.6: "If the version number is not correct (1)"
    if first >> 5 != VERSION {
        return Err(BfdError::Version(first >> 5));
    }
    let bit = |bit: u8| flags & 1 << bit != 0;
    let authenticated = bit(2);
    // ... the Length field is less than the minimum correct value (24, or 26 with A), or greater
    // than the payload of the encapsulating protocol
    let least = if authenticated {
        LENGTH_AUTHENTICATED
    } else {
        LENGTH
    };
    if usize::from(length) < least || usize::from(length) > have {
        return Err(BfdError::Length { length, have });
    }
    // ... Detect Mult is zero; Multipoint is nonzero; My Discriminator is zero
    if detect_mult == 0 {
        return Err(BfdError::DetectMult);
    }
    if bit(0) {
        return Err(BfdError::Multipoint);
    }
    let mut values = words
        .chunks_exact(4)
        .filter_map(|word| <[u8; 4]>::try_from(word).ok())
        .map(u32::from_be_bytes);
    let mut next = || values.next().ok_or(short);
    let packet = ControlPacket {
        diagnostic: Diagnostic(first & 0b1_1111),
        state: State::from_number(flags >> 6).ok_or(short)?,
        poll: bit(5),
        r#final: bit(4),
        independent: bit(3),
        demand: bit(1),
        detect_mult,
        my_discriminator: next()?,
        your_discriminator: next()?,
        desired_min_tx: next()?,
        required_min_rx: next()?,
        required_min_echo_rx: next()?,
    };
    if packet.my_discriminator == 0 {
        return Err(BfdError::MyDiscriminator);
    }
    // ... Your Discriminator is zero and State is not Down or AdminDown
    if packet.your_discriminator == 0 && matches!(packet.state, State::Init | State::Up) {
        return Err(BfdError::YourDiscriminator);
    }
    // ... A is set and no authentication is in use
    if authenticated {
        return Err(BfdError::Authenticated);
    }
    Ok(packet)
}
