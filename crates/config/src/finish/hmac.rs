//! `auth_hmac`: keys, and what else an instance needs to sign.

use crate::auth_draft::{HmacDraft, KeyDraft};
use crate::code;
use crate::context::Context;
use crate::draft::InstanceDraft;
use crate::key_file::KeyFile;
use core::time::Duration;
use holdfast_model::{Hmac, HmacKey, HmacMode, InstanceKey, Secret};
use holdfast_syntax::Finding;

/// Bytes of a key.
const LENGTH: core::ops::RangeInclusive<usize> = 32..=64;

/// Seconds of the window unless three adverts take longer.
const WINDOW: u64 = 5;

/// How an instance signs.
///
/// # Errors
/// It cannot as the file wants it: unsigned it must not run.
pub(super) fn finish(context: &mut Context<'_>, draft: &InstanceDraft) -> Result<Option<Hmac>, ()> {
    let Some(hmac) = &draft.hmac else {
        return Ok(None);
    };
    if let Some(span) = draft.auth.kind.as_ref().map(|kind| kind.span) {
        let message =
            "`auth_hmac` takes the place of `auth_type`: no password is sent or asked for";
        let finding = Finding::warning(code::HMAC, span, message);
        let finding = finding.also(hmac.span, "adverts are signed here");
        context.push(finding.help("remove the `authentication` block"));
    }
    let mut keys = Vec::with_capacity(hmac.keys.len());
    for key in &hmac.keys {
        keys.push(HmacKey {
            id: key.id,
            secret: secret(context, draft, key)?,
        });
    }
    let active = active(context, draft, hmac)?;
    let interval = draft
        .advert
        .as_ref()
        .map_or(Duration::from_secs(1), |advert| advert.value);
    let seconds = (interval * 3).as_secs().max(WINDOW);
    let seconds = hmac.window.map_or(seconds, u64::from);
    if hmac.mode == HmacMode::ReceiveOnly && hmac.active.is_some() {
        let message = "`mode receive-only` signs nothing: `active_key` has no effect";
        let finding = Finding::advice(code::HMAC, hmac.span, message);
        context.push(finding.help("go on to `mode permissive` once all routers have the key"));
    }
    Ok(Some(Hmac {
        keys,
        active,
        window: Duration::from_secs(seconds.min(300)),
        replay: hmac.replay,
        mode: hmac.mode,
    }))
}

fn active(context: &mut Context<'_>, draft: &InstanceDraft, hmac: &HmacDraft) -> Result<u8, ()> {
    let (span, message) = match (&hmac.active, hmac.keys.first()) {
        (_, None) => (hmac.span, "`auth_hmac` has no usable key".to_owned()),
        (None, Some(first)) => return Ok(first.id),
        (Some(active), Some(_)) => {
            if hmac.keys.iter().any(|key| key.id == active.value) {
                return Ok(active.value);
            }
            let message = format!("`active_key {}` names no key", active.value);
            (active.span, message)
        }
    };
    refuse(context, draft, span, &message);
    Err(())
}

fn secret(context: &mut Context<'_>, draft: &InstanceDraft, key: &KeyDraft) -> Result<Secret, ()> {
    if let Some(path) = key.text.strip_prefix("file:") {
        context.key_files.push(KeyFile {
            instance: InstanceKey(draft.name.clone()),
            id: key.id,
            path: path.to_owned(),
            span: key.span,
        });
        return Ok(Secret(Vec::new()));
    }
    decode(key.text.as_bytes()).map_err(|why| refuse(context, draft, key.span, &why))
}

/// What a key says, and what a file with one holds.
///
/// # Errors
/// Why it is none.
pub(crate) fn decode(text: &[u8]) -> Result<Secret, String> {
    let bytes = match text.strip_prefix(b"hex:") {
        None => text.to_vec(),
        Some(digits) => hex(digits).ok_or("after `hex:` a key has pairs of hexadecimal digits")?,
    };
    if LENGTH.contains(&bytes.len()) {
        return Ok(Secret(bytes));
    }
    Err(format!(
        "a key has 32 to 64 bytes, this one {}",
        bytes.len()
    ))
}

fn hex(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = digits.chunks(2).map(|pair| {
        let [high, low] = pair else { return None };
        u8::try_from(digit(high)? * 16 + digit(low)?).ok()
    });
    pairs.collect()
}

fn refuse(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    span: holdfast_syntax::Span,
    why: &str,
) {
    let name = &draft.name;
    let message = format!("{why}: instance `{name}` is left out, for unsigned it must not run");
    let finding = Finding::error(code::HMAC, span, message).help(
        "make one with `openssl rand -hex 32`, write `key 1 hex:...`, the same on all routers of this VRID",
    );
    context.fatal(finding);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_bytes_or_their_digits() {
        let plain = "0123456789abcdef0123456789abcdef";
        assert_eq!(decode(plain.as_bytes()), Ok(Secret(plain.into())));
        let digits = format!("hex:{}", "0aF".repeat(24));
        assert_eq!(decode(digits.as_bytes()).map(|key| key.0.len()), Ok(36));
        for bad in ["short", "hex:0", "hex:zz", &"x".repeat(65), ""] {
            assert!(decode(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
