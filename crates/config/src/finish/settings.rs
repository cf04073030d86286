//! Settings of an instance: its own, the file's, the defaults, and what does not go together.

use crate::code;
use crate::context::Context;
use crate::draft::{GarpDraft, InstanceDraft};
use core::time::Duration;
use holdfast_model::{Authentication, Centis, Garp, Priority};
use holdfast_syntax::{Finding, Span};

/// Version 2 carries whole seconds: rounded, at least 1. Version 3 carries hundredths.
pub(super) fn advert_interval(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    version: u32,
) -> Centis {
    if version == 3 {
        return hundredths(context, draft);
    }
    let interval = draft.advert.as_ref().and_then(|advert| {
        let whole = advert.value.as_secs() + u64::from(advert.value.subsec_millis() >= 500);
        let whole = whole.clamp(1, 255);
        if Duration::from_secs(whole) != advert.value {
            let finding = Finding::warning(
                code::INTERVAL,
                advert.span,
                format!(
                    "VRRP version 2 sends adverts at whole seconds: `advert_int` is rounded to {whole}"
                ),
            )
            .help("write whole seconds, the same on all routers of this VRID");
            context.push(finding);
        }
        u8::try_from(whole).ok().and_then(Centis::from_secs)
    });
    interval.unwrap_or(Centis::ONE_SECOND)
}

fn hundredths(context: &mut Context<'_>, draft: &InstanceDraft) -> Centis {
    let Some(advert) = &draft.advert else {
        return Centis::ONE_SECOND;
    };
    let (rounded, rest) = (
        advert.value.as_millis() / 10,
        advert.value.as_micros() % 10_000,
    );
    if rest != 0 {
        let finding = Finding::warning(
            code::INTERVAL,
            advert.span,
            "VRRP version 3 counts hundredths of a second: `advert_int` is rounded",
        )
        .help("write at most two decimals, the same on all routers of this VRID");
        context.push(finding);
    }
    let rounded = u16::try_from(rounded.clamp(1, 4095)).ok();
    rounded.and_then(Centis::new).unwrap_or(Centis::ONE_SECOND)
}

pub(super) fn authentication(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    version: u32,
) -> Authentication {
    if let Some(span) = draft.auth.given
        && draft.auth.kind.is_none()
        && !draft.auth.kind_refused
    {
        let message = "`auth_pass` without `auth_type`: adverts carry no password";
        let finding = Finding::advice(code::NO_PASSWORD, span, message);
        context.push(
            finding.help("add `auth_type PASS`, or remove the block, on all routers of this VRID"),
        );
    }
    let kind = draft.auth.kind.as_ref();
    let Some(kind) = kind.filter(|_| version == 2 && draft.hmac.is_none()) else {
        return Authentication::None;
    };
    if draft.auth.password == [0; 8] {
        let finding = Finding::error(
            code::NO_PASSWORD,
            kind.span,
            format!(
                "instance `{}` has an auth_type, but no auth_pass: adverts carry no password",
                draft.name
            ),
        )
        .help("add `auth_pass`, at most 8 bytes, the same on all routers of this VRID");
        context.push(finding);
        return Authentication::None;
    }
    Authentication::Password(draft.auth.password)
}

/// `nopreempt` needs state BACKUP and a priority below 255, `preempt_delay` preemption.
pub(super) fn preemption(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    wants_master: bool,
    priority: Priority,
) -> (bool, Duration) {
    let mut complain = |span: Span, message: &str, help: &str| {
        context.push(Finding::warning(code::PREEMPTION, span, message).help(help));
    };
    let mut nopreempt = draft.nopreempt;
    if let Some(span) = nopreempt.filter(|_| wants_master && draft.wants_master == Some(true)) {
        let message = "`nopreempt` does not work with `state MASTER`: it is ignored";
        complain(
            span,
            message,
            "write `state BACKUP` on all routers of this VRID",
        );
        nopreempt = None;
    }
    if let Some(span) = nopreempt.filter(|_| priority.is_owner()) {
        let message =
            "`nopreempt` does not work with priority 255, the address owner's: it is ignored";
        complain(
            span,
            message,
            "lower the priority below 255, or remove `nopreempt`",
        );
        nopreempt = None;
    }
    let mut delay = Duration::ZERO;
    if let Some(set) = draft.preempt_delay.as_ref().filter(|d| !d.value.is_zero()) {
        if wants_master && draft.wants_master == Some(true) {
            let message = "`preempt_delay` does not work with `state MASTER`: it is ignored";
            complain(set.span, message, "write `state BACKUP`");
        } else if nopreempt.is_some() {
            let message = "`preempt_delay` does not work with `nopreempt`: it is ignored";
            complain(set.span, message, "remove one of the two");
        } else {
            delay = set.value;
        }
    }
    (nopreempt.is_some(), delay)
}

/// The instance's own, else the file's, else the default.
pub(super) fn garp(own: &GarpDraft, file: &GarpDraft) -> Garp {
    let mut default = Garp::default();
    if file.least {
        default = Garp {
            repeat: 1,
            delay: Duration::ZERO,
            refresh_repeat: 0,
            lower_prio_repeat: 1,
            lower_prio_delay: Duration::ZERO,
            ..default
        };
    }
    let lower_repeat = file.lower_prio_repeat.or(file.repeat);
    let lower_delay = file.lower_prio_delay.or(file.delay);
    Garp {
        repeat: own.repeat.or(file.repeat).unwrap_or(default.repeat),
        delay: own.delay.or(file.delay).unwrap_or(default.delay),
        refresh: own.refresh.or(file.refresh).unwrap_or(default.refresh),
        refresh_repeat: own
            .refresh_repeat
            .or(file.refresh_repeat)
            .unwrap_or(default.refresh_repeat),
        // The instance's own `garp_master_*` do not reach these two: measured on keepalived 2.2.7.
        lower_prio_repeat: own
            .lower_prio_repeat
            .or(lower_repeat)
            .unwrap_or(default.lower_prio_repeat),
        lower_prio_delay: own
            .lower_prio_delay
            .or(lower_delay)
            .unwrap_or(default.lower_prio_delay),
    }
}
