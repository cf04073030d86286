//! Control packets: there and back, what s6.8.6 throws away, and bytes of another implementation.
#![allow(clippy::unwrap_used, reason = "test code")]

use holdfast_packet::bfd::{self, BfdError, ControlPacket, Diagnostic, State};
use proptest::prelude::*;

fn state() -> impl Strategy<Value = State> {
    prop_oneof![
        Just(State::AdminDown),
        Just(State::Down),
        Just(State::Init),
        Just(State::Up),
    ]
}

prop_compose! {
    fn packet()(
        diagnostic in 0_u8..32,
        state in state(),
        flags in any::<[bool; 4]>(),
        detect_mult in 1_u8..,
        my_discriminator in 1_u32..,
        your in any::<u32>(),
        times in any::<[u32; 3]>(),
    ) -> ControlPacket {
        let unnamed = matches!(state, State::AdminDown | State::Down);
        ControlPacket {
            diagnostic: Diagnostic::new(diagnostic).unwrap(),
            state,
            poll: flags[0],
            r#final: flags[1],
            independent: flags[2],
            demand: flags[3],
            detect_mult,
            my_discriminator,
            your_discriminator: if unnamed { your } else { your.max(1) },
            desired_min_tx: times[0],
            required_min_rx: times[1],
            required_min_echo_rx: times[2],
        }
    }
}

proptest! {
    #[test]
    fn what_is_built_is_read_back(packet in packet(), behind in proptest::collection::vec(any::<u8>(), 0..8)) {
        let mut bytes = bfd::build(&packet).to_vec();
        // UDP may carry more than the length field says
        bytes.extend(behind);
        prop_assert_eq!(bfd::parse(&bytes), Ok(packet));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(packet) = bfd::parse(&bytes) {
            let again = bfd::build(&packet);
            prop_assert_eq!(bfd::parse(&again), Ok(packet));
        }
    }
}

/// A session of 50 ms times 3 that is Up.
const UP: [u8; 24] = [
    0x20, 0xc0, 3, 24, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 0, 0, 0, 0,
];

#[test]
fn fields_stand_where_the_rfc_draws_them() {
    let packet = bfd::parse(&UP).unwrap();
    assert_eq!(packet.state, State::Up);
    assert_eq!(packet.detect_mult, 3);
    assert_eq!((packet.my_discriminator, packet.your_discriminator), (7, 9));
    assert_eq!(
        (packet.desired_min_tx, packet.required_min_rx),
        (50_000, 50_000)
    );
    assert!(!packet.poll && !packet.r#final);
    let mut flagged = UP;
    flagged[1] |= 0b0010_0000;
    assert!(bfd::parse(&flagged).unwrap().poll);
    flagged[1] = 0xc0 | 0b0001_0000;
    assert!(bfd::parse(&flagged).unwrap().r#final);
}

#[test]
fn what_nobody_may_accept_is_refused_in_the_order_of_the_rfc() {
    let with = |edits: &[(usize, u8)]| {
        let mut bytes = UP;
        for (at, value) in edits {
            bytes[*at] = *value;
        }
        bfd::parse(&bytes).unwrap_err()
    };
    assert_eq!(bfd::parse(&UP[..23]), Err(BfdError::Short { have: 23 }));
    assert_eq!(bfd::parse(&[]), Err(BfdError::Short { have: 0 }));
    let cases: &[(&[(usize, u8)], BfdError)] = &[
        (&[(0, 0)], BfdError::Version(0)),
        (&[(0, 0x40)], BfdError::Version(2)),
        (
            &[(3, 23)],
            BfdError::Length {
                length: 23,
                have: 24,
            },
        ),
        (
            &[(3, 25)],
            BfdError::Length {
                length: 25,
                have: 24,
            },
        ),
        // with authentication 24 bytes are too few
        (
            &[(1, 0xc4)],
            BfdError::Length {
                length: 24,
                have: 24,
            },
        ),
        (&[(2, 0)], BfdError::DetectMult),
        (&[(1, 0xc1)], BfdError::Multipoint),
        (&[(7, 0)], BfdError::MyDiscriminator),
        (&[(11, 0)], BfdError::YourDiscriminator),
        (&[(1, 0x80), (11, 0)], BfdError::YourDiscriminator),
        // the first of several
        (&[(0, 0), (2, 0), (7, 0)], BfdError::Version(0)),
    ];
    for (edits, error) in cases {
        assert_eq!(with(edits), *error, "{edits:?}");
    }
    let mut authenticated = UP.to_vec();
    authenticated[1] |= 0b100;
    authenticated[3] = 26;
    authenticated.extend([1, 2]);
    assert_eq!(bfd::parse(&authenticated), Err(BfdError::Authenticated));
}

#[test]
fn down_and_admin_down_may_name_nobody() {
    for (bits, state) in [(0x00, State::AdminDown), (0x40, State::Down)] {
        let mut bytes = UP;
        bytes[1] = bits;
        bytes[11] = 0;
        assert_eq!(bfd::parse(&bytes).unwrap().state, state);
    }
}
