//! What is said of a check: in keepalived's words where it has them, and with the reason.

use holdfast_model::event::CheckFailure;
use holdfast_model::{MiscCheck, Probe, RealServerKey};

pub(super) fn succeeded(key: &RealServerKey, probe: &Probe) -> String {
    match probe {
        Probe::Tcp(_) | Probe::Talk(_) => format!("TCP connection to {key} success."),
        Probe::Http(_) => format!("Remote Web server {key} succeed on service."),
        Probe::Smtp(_) => format!("Remote SMTP server {key} succeed on service."),
        Probe::Dns(_) => format!("DNS_CHECK ({key}) success."),
        Probe::Udp(_) => format!("UDP connection to {key} success."),
        Probe::Ping(_) => format!("ICMP connection to {key} success."),
        Probe::Misc(check) => format!("{} succeeded.", misc(key, check)),
        Probe::File(check) => format!("({key}): tracked file {} leaving FAULT state", check.file),
        Probe::Bfd(session) => format!("BFD check of [{session}] RS({key}) is UP"),
    }
}

pub(super) fn failed(
    key: &RealServerKey,
    probe: &Probe,
    reason: &CheckFailure,
    retries: u32,
) -> String {
    let check = match probe {
        Probe::Misc(check) => misc(key, check),
        Probe::File(check) => {
            let file = &check.file;
            return format!(
                "({key}): tracked file {file} now FAULT state.{}",
                why(reason)
            );
        }
        Probe::Bfd(session) => return format!("BFD check of [{session}] RS({key}) is DOWN"),
        probe => format!("{} on service {key}", word(probe)),
    };
    let after = if retries > 0 {
        format!(" after {retries} retries")
    } else {
        String::new()
    };
    format!("{check} failed{after}.{}", why(reason))
}

/// `log_all_failures`: it failed, and is up still.
pub(super) fn forgiven(key: &RealServerKey, probe: &Probe, reason: &CheckFailure) -> String {
    match (probe, reason) {
        (Probe::Tcp(_) | Probe::Talk(_), CheckFailure::Timeout) => {
            format!("TCP connection to {key} timeout.")
        }
        (Probe::Tcp(_) | Probe::Talk(_), reason) => {
            format!("TCP connection to {key} failed.{}", why(reason))
        }
        (Probe::Misc(check), reason) => {
            let check = misc(key, check);
            format!("{check} failed, to be retried.{}", why(reason))
        }
        (probe, reason) => {
            let check = word(probe);
            format!(
                "{check} on service {key} failed, to be retried.{}",
                why(reason)
            )
        }
    }
}

/// What keepalived calls the check in its log.
const fn word(probe: &Probe) -> &'static str {
    match probe {
        Probe::Tcp(_) | Probe::Talk(_) => "TCP_CHECK",
        Probe::Http(_) => "HTTP_CHECK",
        Probe::Smtp(_) => "SMTP_CHECK",
        Probe::Dns(_) => "DNS_CHECK",
        Probe::Udp(_) => "UDP_CHECK",
        Probe::Ping(_) => "ICMP CHECK",
        Probe::Misc(_) => "MISC_CHECK",
        Probe::File(_) => "FILE_CHECK",
        Probe::Bfd(_) => "BFD_CHECK",
    }
}

fn misc(key: &RealServerKey, check: &MiscCheck) -> String {
    let (service, program) = (&key.virtual_server, check.script.program());
    format!("Misc check for [{key} VS {service}] by [{program}]")
}

/// keepalived says nothing of a refused connection; the rest is worth a word.
pub(super) fn why(reason: &CheckFailure) -> String {
    let error = |errno: &i32| nix::errno::Errno::from_raw(*errno).desc();
    match reason {
        CheckFailure::Refused(errno) => format!(" ({})", error(errno)),
        CheckFailure::Timeout => " (timeout)".to_owned(),
        CheckFailure::Closed => " (closed before it had answered)".to_owned(),
        CheckFailure::Malformed => " (the answer is not of its protocol)".to_owned(),
        CheckFailure::Status(status) => format!(" (HTTP status code error: {status})"),
        CheckFailure::Exited(Some(126)) => " (exited with status 126: it cannot be run)".to_owned(),
        CheckFailure::Exited(Some(127)) => " (exited with status 127: not found)".to_owned(),
        CheckFailure::Exited(Some(status)) => format!(" (exited with status {status})"),
        CheckFailure::Exited(None) => " (killed by a signal)".to_owned(),
        CheckFailure::Rcode(rcode) => {
            format!(" (the answer's rcode is {rcode}{})", rcode_word(*rcode))
        }
        CheckFailure::Said(words) => format!(" (it said {:?})", words.as_str()),
        CheckFailure::Reply(length) => format!(" (another reply than required, of {length} bytes)"),
        CheckFailure::Digest(digest) => {
            let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!(" (MD5 digest error: {digest})")
        }
        CheckFailure::Body { found: false } => " (Regex match failed)".to_owned(),
        CheckFailure::Body { found: true } => " (Regex match failed: it is there)".to_owned(),
        CheckFailure::Search => " (the search in the body was given up)".to_owned(),
        CheckFailure::Tls(words) => format!(" (TLS: {words})"),
        CheckFailure::Http2(words) => format!(" (HTTP/2: {words})"),
        CheckFailure::TooLong => " (an answer without end)".to_owned(),
        CheckFailure::Session => " (its BFD session is down)".to_owned(),
        CheckFailure::Number(number) => format!(" (its number is {number})"),
        CheckFailure::Local(errno) => format!(" (could not be tried: {})", error(errno)),
        CheckFailure::Bug => " (a bug in the check)".to_owned(),
    }
}

/// RFC 1035 s4.1.1.
const fn rcode_word(rcode: u8) -> &'static str {
    match rcode {
        1 => ", FORMERR",
        2 => ", SERVFAIL",
        3 => ", NXDOMAIN",
        4 => ", NOTIMP",
        5 => ", REFUSED",
        _ => "",
    }
}
