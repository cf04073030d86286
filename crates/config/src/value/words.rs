//! Words out of a list.

use holdfast_model::{Forwarding, Protocol, Scheduler, Scope, Tunnel};

/// keepalived's BOOL, lower case only.
pub(crate) fn boolean(word: &[u8]) -> Option<bool> {
    match word {
        b"true" | b"on" | b"yes" => Some(true),
        b"false" | b"off" | b"no" => Some(false),
        _ => None,
    }
}

/// Decimal digits after an optional sign.
pub(crate) fn signed(word: &[u8]) -> Option<i32> {
    let (negative, digits) = match word {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, word),
    };
    let value = i32::try_from(super::number::number(digits, 0..=u32::MAX)?).ok()?;
    Some(if negative { -value } else { value })
}

/// `lb_kind`, upper case only.
pub(crate) fn forwarding(word: &[u8]) -> Option<Forwarding> {
    match word {
        b"NAT" => Some(Forwarding::Nat),
        b"DR" => Some(Forwarding::Dr),
        b"TUN" => Some(Forwarding::Tun(Tunnel::Ipip)),
        _ => None,
    }
}

/// `lb_algo`, lower case only.
pub(crate) fn scheduler(word: &[u8]) -> Option<Scheduler> {
    Scheduler::ALL
        .into_iter()
        .find(|scheduler| scheduler.word().as_bytes() == word)
}

/// `protocol`, in any case.
pub(crate) fn protocol(word: &[u8]) -> Option<Protocol> {
    [Protocol::Tcp, Protocol::Udp, Protocol::Sctp]
        .into_iter()
        .find(|protocol| protocol.word().as_bytes().eq_ignore_ascii_case(word))
}

/// `scope`: a name of iproute2, or its number.
pub(crate) fn scope(word: &[u8]) -> Option<Scope> {
    match word {
        b"global" => Some(Scope::Global),
        b"site" => Some(Scope::Site),
        b"link" => Some(Scope::Link),
        b"host" => Some(Scope::Host),
        _ => super::number::number(word, 0..=255)
            .and_then(|number| u8::try_from(number).ok())
            .map(Scope::from_number),
    }
}

/// An MD5 sum in 32 hexadecimal digits.
pub(crate) fn md5(word: &[u8]) -> Option<[u8; 16]> {
    let mut sum = [0; 16];
    if word.len() != 32 {
        return None;
    }
    for (byte, pair) in sum.iter_mut().zip(word.chunks_exact(2)) {
        let text = core::str::from_utf8(pair).ok()?;
        if !pair.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        *byte = u8::from_str_radix(text, 16).ok()?;
    }
    Some(sum)
}

/// `N` or `N-N`, 100 to 599.
pub(crate) fn status(word: &[u8]) -> Option<(u16, u16)> {
    let code = |word: &[u8]| {
        super::number::number(word, 100..=599).and_then(|code| u16::try_from(code).ok())
    };
    let range = match word.iter().position(|b| *b == b'-') {
        Some(at) => (code(word.get(..at)?)?, code(word.get(at + 1..)?)?),
        None => (code(word)?, code(word)?),
    };
    (range.0 <= range.1).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_matter_as_they_do_for_keepalived() {
        assert_eq!((boolean(b"yes"), boolean(b"Yes")), (Some(true), None));
        assert_eq!(forwarding(b"dr"), None);
        assert_eq!(scheduler(b"RR"), None);
        assert_eq!(protocol(b"Tcp"), Some(Protocol::Tcp));
    }

    #[test]
    fn digests_and_codes() {
        assert!(md5(b"640205b7b0fc66c1ea91c463fac6334d").is_some());
        assert!(md5(b"640205B7B0FC66C1EA91C463FAC6334D").is_some());
        assert!(md5(b"zz0205b7b0fc66c1ea91c463fac6334d").is_none());
        assert!(md5(b"+10205b7b0fc66c1ea91c463fac6334d").is_none() && md5(b"123").is_none());
        assert_eq!(status(b"200"), Some((200, 200)));
        assert_eq!(status(b"200-299"), Some((200, 299)));
        for bad in ["99", "600", "300-200", "200,201", "200-", "-200", "abc"] {
            assert_eq!(status(bad.as_bytes()), None, "{bad}");
        }
    }
}
