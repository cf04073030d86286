//! Stand-ins for secrets: what was right is right, what was wrong is wrong, and the secret is gone.
#![allow(clippy::unwrap_used, reason = "test code")]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::hmac::{Stamp, Trailer, sign};
use holdfast_packet::vrrp::veil::Veil;
use holdfast_packet::vrrp::{Emit, Ends, Form, GROUP, GROUP_V6, build, parse};

const PASSWORD: [u8; 8] = *b"11112222";
const KEY: [u8; 32] = *b"0123456789abcdef0123456789abcdef";
const OTHER: [u8; 5] = *b"other";

fn veil() -> Veil {
    let mut veil = Veil::new([3; 32]);
    veil.know(vec![OTHER.to_vec(), KEY.to_vec()]);
    veil
}

fn v4(destination: Ipv4Addr) -> Ends {
    Ends {
        source: Ipv4Addr::new(10, 0, 0, 5).into(),
        destination: destination.into(),
    }
}

fn v6() -> Ends {
    Ends {
        source: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5).into(),
        destination: GROUP_V6.into(),
    }
}

fn message(version: u8, ends: &Ends, form: Form, password: [u8; 8]) -> Vec<u8> {
    let addresses = [IpAddr::from([10, 0, 0, 9]), Ipv6Addr::LOCALHOST.into()];
    let advert = Emit {
        version,
        vrid: 7,
        priority: 200,
        interval: 100,
        auth: AuthField::password(password),
        addresses: &addresses,
    };
    build(&advert, ends, form).unwrap()
}

/// Every form of an advert, signed with that key or not.
fn forms(secret: Option<&[u8]>) -> Vec<(Vec<u8>, Ends)> {
    let (group, host) = (v4(GROUP), v4(Ipv4Addr::new(10, 0, 0, 6)));
    let all = [
        (2, group, Form::Message),
        (3, group, Form::Pseudo),
        (3, group, Form::Message),
        (3, host, Form::PseudoGroup),
        (3, v6(), Form::Pseudo),
        (2, v6(), Form::Pseudo),
    ];
    let one = |(version, ends, form)| {
        let mut message = message(version, &ends, form, PASSWORD);
        if let Some(secret) = secret {
            sign(&mut message, &ends, 1, secret, Stamp(77));
        }
        (message, ends)
    };
    all.into_iter().map(one).collect()
}

#[test]
fn an_advert_says_the_same_but_for_its_password() {
    let veil = veil();
    for (message, ends) in forms(None) {
        let veiled = veil.message(&message, &ends);
        let (was, is) = (
            parse(&message, &ends).unwrap(),
            parse(&veiled, &ends).unwrap(),
        );
        assert_eq!(veiled.len(), message.len());
        assert_eq!(
            (was.form, was.priority, was.vrid),
            (is.form, is.priority, is.vrid)
        );
        assert!(was.addresses().eq(is.addresses()));
        assert_eq!(is.auth.kind, was.auth.kind);
        assert_eq!(is.auth.data, veil.password(was.auth.data));
        assert_ne!(is.auth.data, PASSWORD);
    }
    assert_ne!(veil.password(PASSWORD), veil.password(*b"11112223"));
    assert_ne!(
        veil.password(PASSWORD),
        Veil::new([4; 32]).password(PASSWORD)
    );
    assert_eq!(veil.password([0; 8]), [0; 8], "no password is none");
}

#[test]
fn a_signature_is_good_by_the_stand_in_if_it_was_good() {
    let veil = veil();
    for (secret, good) in [
        (&KEY[..], true),
        (&OTHER, true),
        (b"somebody else's", false),
    ] {
        let stand_in = veil.secret(secret);
        assert_ne!(stand_in, secret);
        for (message, ends) in forms(Some(secret)) {
            let veiled = veil.message(&message, &ends);
            let is = parse(&veiled, &ends).unwrap();
            let trailer = Trailer::read(is.trailer).unwrap();
            let own = &veiled[..veiled.len() - is.trailer.len()];
            assert_eq!((trailer.key, trailer.stamp), (1, Stamp(77)));
            assert_eq!(trailer.is_genuine(&stand_in, ends.source, own), good);
            let still = trailer.is_genuine(secret, ends.source, own);
            assert!(!(good && still), "its own key");
        }
    }
}

#[test]
fn what_is_wrong_stays_wrong_in_the_same_way() {
    let veil = veil();
    for secret in [None, Some(&KEY[..])] {
        for (message, ends) in forms(secret) {
            for at in 0..message.len() {
                for flip in [1, 0x10, 0xff] {
                    let mut bytes = message.clone();
                    bytes[at] ^= flip;
                    let (was, veiled) = (parse(&bytes, &ends), veil.message(&bytes, &ends));
                    let is = parse(&veiled, &ends);
                    assert_eq!(was.err(), is.err(), "byte {at} of {message:?}");
                }
            }
            for length in 0..message.len() {
                let veiled = veil.message(&message[..length], &ends);
                let was = parse(&message[..length], &ends).err();
                assert_eq!(was, parse(&veiled, &ends).err(), "{length} of {message:?}");
            }
        }
    }
}

/// Wherever it stands: behind a message that is too long, in one that is too short, in padding.
#[test]
fn no_password_is_left() {
    let veil = veil();
    let left = |bytes: &[u8]| bytes.windows(8).any(|window| window == PASSWORD);
    let ends = v4(GROUP);
    let plain = message(2, &ends, Form::Message, PASSWORD);
    let mut cases = vec![plain.clone(), [&plain[..], &PASSWORD].concat()];
    for count in 0..=u8::MAX {
        let mut other = plain.clone();
        other[3] = count;
        cases.push(other);
    }
    for message in cases {
        assert!(left(&message));
        assert!(!left(&veil.message(&message, &ends)), "{message:?}");
        let (from, to) = (Ipv4Addr::new(10, 0, 0, 5), GROUP);
        let mut packet = ipv4::build(from, to, 1, 255, &message).unwrap();
        let veiled = veil.packet(&packet);
        assert_eq!(
            ipv4::parse(&packet).unwrap().0,
            ipv4::parse(&veiled).unwrap().0
        );
        assert!(!left(&veiled));
        // a header that says something else
        packet[0] = 0x4f;
        assert!(!left(&veil.packet(&packet)));
        packet[0] = 0x65;
        assert!(!left(&veil.packet(&packet)));
        packet[0] = 0x45;
        packet.extend_from_slice(&PASSWORD);
        assert!(!left(&veil.packet(&packet)));
    }
    let short = ipv4::build(Ipv4Addr::LOCALHOST, GROUP, 1, 255, b"").unwrap();
    let padded = [&short[..], &PASSWORD].concat();
    assert!(!left(&veil.packet(&padded)));
}

#[test]
fn its_own_secrets_are_not_printed() {
    assert_eq!(format!("{:?}", veil()), "Veil { .. }");
}

/// Each key has its own stand-in, which says nothing to who has another veil.
#[test]
fn stand_ins_of_keys_differ() {
    let (own, other) = (veil().secret(&KEY), veil().secret(&OTHER));
    assert_eq!(own.len(), 32);
    assert_eq!(own, veil().secret(&KEY));
    assert_ne!(own, other);
    assert_ne!(own, KEY);
    assert_ne!(own, Veil::new([4; 32]).secret(&KEY));
}

/// A checksum that is wrong for the password and happens to be right for its stand-in.
#[test]
fn no_wrong_checksum_is_made_right_by_chance() {
    let ends = v4(GROUP);
    let mut wrong = message(2, &ends, Form::Message, PASSWORD);
    let veiled = veil().message(&wrong, &ends);
    wrong[6..8].copy_from_slice(&veiled[6..8]);
    assert!(parse(&wrong, &ends).is_err());
    assert!(parse(&veil().message(&wrong, &ends), &ends).is_err());
}
