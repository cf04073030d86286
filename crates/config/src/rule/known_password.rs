//! A password out of the samples that everybody copies. VRRP's password travels in clear text and
//! keeps neighbours apart, nothing more; the same one on two clusters does not even do that.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Authentication, Instance};
use holdfast_syntax::Span;

const SAMPLES: [&[u8]; 4] = [b"1111", b"1234", b"12345", b"password"];

pub(super) fn judge(instance: &Instance, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let Authentication::Password(password) = &instance.authentication else {
        return;
    };
    let end = password
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(password.len());
    if SAMPLES
        .iter()
        .any(|sample| password.get(..end) == Some(sample))
    {
        let text = || {
            let key = &instance.key;
            format!("instance `{key}` has a password out of a sample: other clusters have it too")
        };
        let help = "choose one of its own, the same on all routers of this VRID";
        advice.say(code::KNOWN_PASSWORD, span, text, help);
    }
}
