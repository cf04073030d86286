//! Stand-ins for the secrets in adverts. What is kept of a packet elsewhere than in memory still says who was
//! believed and who was not, to whoever has the stand-ins in the place of the secrets, and betrays none of them.
//!
//! ```text
//!   password, 8 bytes      HMAC-SHA256 of it, cut                 what was equal is equal still
//!   signature              with a good key: signed anew with the key's stand-in; else as it was
//!   checksum               made anew where it was right; else wrong as before
//!   what is no advert      its first 8 bytes, then zeros: where a secret might be is not known
//! ```

use crate::error::AdvertError;
use crate::ipv4;
use crate::vrrp::advert::{self, CHECKSUM, HEADER};
use crate::vrrp::auth::DATA;
use crate::vrrp::hmac::{self, Trailer};
use crate::vrrp::sum::{self, Ends, Form};
use ::hmac::{Hmac, KeyInit as _, Mac as _};
use core::fmt;
use sha2::Sha256;

/// Bytes of the stand-in of a key.
const SECRET: usize = 32;

/// Makes stand-ins. Nobody without its key can tell from one what it stands for.
pub struct Veil {
    key: [u8; 32],
    secrets: Vec<Vec<u8>>,
}

/// Its contents are secret.
impl fmt::Debug for Veil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Veil").finish_non_exhaustive()
    }
}

impl Veil {
    /// `key` is random, and kept nowhere.
    pub const fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            secrets: Vec::new(),
        }
    }

    /// The keys that adverts may be signed with from now on.
    pub fn know(&mut self, secrets: Vec<Vec<u8>>) {
        self.secrets = secrets;
    }

    /// For a password, also one that is wrong. No password stays none.
    pub fn password(&self, data: [u8; DATA]) -> [u8; DATA] {
        let mut stand_in = [0; DATA];
        if data != stand_in {
            self.fill(b"password", &data, &mut stand_in);
        }
        stand_in
    }

    /// For a key of `auth_hmac`.
    pub fn secret(&self, secret: &[u8]) -> Vec<u8> {
        let mut stand_in = vec![0; SECRET];
        self.fill(b"key", secret, &mut stand_in);
        stand_in
    }

    fn fill(&self, kind: &[u8], secret: &[u8], stand_in: &mut [u8]) {
        // a key of any length is a key (RFC 2104 s2), so this cannot fail
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(&self.key) else {
            return;
        };
        hmac.update(kind);
        hmac.update(secret);
        for (to, from) in stand_in.iter_mut().zip(hmac.finalize().into_bytes()) {
            *to = from;
        }
    }

    /// An IPv4 packet, as long as before.
    pub fn packet(&self, packet: &[u8]) -> Vec<u8> {
        let mut veiled = packet.to_vec();
        let Ok((header, message)) = ipv4::parse(packet) else {
            blank(&mut veiled, ipv4::HEADER);
            return veiled;
        };
        let ends = Ends {
            source: header.source.into(),
            destination: header.destination.into(),
        };
        let message = self.message(message, &ends);
        let start = usize::from(packet.first().copied().unwrap_or(0) & 0x0f) * 4;
        // behind it an Ethernet frame may be padded
        blank(&mut veiled, start);
        for (to, from) in veiled.iter_mut().skip(start).zip(message) {
            *to = from;
        }
        veiled
    }

    /// The message of an advert, as long as before.
    pub fn message(&self, message: &[u8], ends: &Ends) -> Vec<u8> {
        let form = match advert::parse(message, ends) {
            Ok(advert) => Some(advert.form),
            Err(AdvertError::Checksum) => None,
            Err(_no_advert) => {
                let mut veiled = message.to_vec();
                blank(&mut veiled, HEADER);
                return veiled;
            }
        };
        let (version, count) = match message {
            [first, _, _, count, ..] => (first >> 4, *count),
            _ => (0, 0),
        };
        let own = advert::length(version, ends.is_ipv6(), count);
        let (own, trailer) = message.split_at_checked(own).unwrap_or((message, &[]));
        let mut veiled = own.to_vec();
        if advert::has_auth(version, ends.is_ipv6())
            && let Some(data) = veiled.last_chunk_mut::<DATA>()
        {
            *data = self.password(*data);
        }
        match form {
            Some(form) => {
                set_sum(&mut veiled, ends, form);
                self.sign(&mut veiled, own, trailer, ends, form);
            }
            None => {
                veiled.extend_from_slice(trailer);
                spoil(&mut veiled, ends);
            }
        }
        veiled
    }

    /// Who had a good key has the good stand-in of it.
    fn sign(&self, veiled: &mut Vec<u8>, own: &[u8], trailer: &[u8], ends: &Ends, form: Form) {
        let read = Trailer::read(trailer);
        let signed = read.and_then(|read| {
            let mut known = self.secrets.iter();
            let secret = known.find(|secret| read.is_genuine(secret, ends.source, own));
            Some((read, self.secret(secret?)))
        });
        if let Some((read, secret)) = signed {
            hmac::sign(veiled, ends, read.key, &secret, read.stamp);
        } else {
            veiled.extend_from_slice(trailer);
            if ends.is_ipv6() {
                set_sum(veiled, ends, form);
            }
        }
    }
}

fn blank(bytes: &mut [u8], from: usize) {
    bytes.iter_mut().skip(from).for_each(|byte| *byte = 0);
}

fn set_sum(message: &mut [u8], ends: &Ends, form: Form) {
    if let Some(field) = message.get_mut(CHECKSUM) {
        field.fill(0);
    }
    let sum = sum::of(form, ends, message).to_be_bytes();
    if let Some(field) = message.get_mut(CHECKSUM) {
        field.copy_from_slice(&sum);
    }
}

/// A checksum that was wrong must not be right by chance: of the three forms no four sums in a row are.
fn spoil(message: &mut [u8], ends: &Ends) {
    for _ in 0..4 {
        if advert::parse(message, ends).is_err() {
            return;
        }
        if let Some([_, low]) = message.get_mut(CHECKSUM) {
            *low = low.wrapping_add(1);
        }
    }
}
