//! When a certificate ends.

use openssl::asn1::Asn1Time;
use openssl::x509::X509Ref;

/// Words of warning when a certificate ends within so many days, or has ended. They change once a
/// day.
pub(super) fn warning(certificate: &X509Ref, days: u16) -> Option<String> {
    let end = certificate.not_after();
    let left = Asn1Time::days_from_now(0).ok()?.diff(end).ok()?;
    match (left.days, left.secs) {
        (..0, _) | (_, ..0) => Some(format!("the certificate has ended ({end})")),
        (left, _) if left < i32::from(days) => Some(format!(
            "the certificate ends within {} days ({end})",
            left + 1
        )),
        _ => None,
    }
}
