//! May a new file replace what runs?
//!
//! A start is as lenient as keepalived's: it runs what is usable. A reload is not, for something is
//! running: a slip of the pen must not take it down. Refused is a file
//!
//! * on which keepalived would exit,
//! * that ends inside a block or holds NUL bytes: it was not written to its end,
//! * that has nothing to run, while something runs,
//! * with a fault because of which something that runs now would be lost or be another.
//!
//! Faults that the running file already had, by code and text of the line, refuse nothing. Removing
//! things by a valid edit is no fault.

use crate::code;
use crate::compiled::Compiled;
use crate::keys::FindingKeys;
use holdfast_model::{Instance, Model, Route, Rule, VirtualServer};
use holdfast_syntax::{FileId, Finding, Severity, SourceMap, Span, code as syntax};
use std::collections::BTreeMap;

/// Losses named in one finding; the rest is counted.
const NAMED: usize = 5;

/// It may replace whatever runs, whatever faults that had: nothing is in it that [`judge`] could hold against it,
/// which then need not be asked.
pub fn is_beyond_doubt(new: &Compiled) -> bool {
    let whole = !new.facts.ends_inside && !new.facts.nul;
    let harmless = |finding: &Finding| !is_torn(finding) && !is_suspect(finding);
    whole && !new.model.is_empty() && new.fatal.is_empty() && new.findings.iter().all(harmless)
}

/// `Err` has the findings that refuse the file, each with what would be lost as its last help.
///
/// # Errors
/// At least one finding, when `new` may not replace `running`.
pub fn judge(
    running: &Model,
    known: &FindingKeys,
    new: &Compiled,
    sources: &SourceMap,
) -> Result<(), Vec<Finding>> {
    let fresh = known.fresh(&new.findings, sources);
    let mut reasons: Vec<Finding> = fresh
        .iter()
        .filter(|finding| refuses_alone(finding, new))
        .map(|finding| (*finding).clone())
        .collect();
    if !running.is_empty() && new.model.is_empty() {
        reasons.push(nothing_to_run());
    }
    if reasons.is_empty() {
        let losses = losses(running, new);
        let suspects = fresh.iter().filter(|finding| is_suspect(finding));
        for finding in suspects {
            let lost: Vec<&str> = losses
                .iter()
                .filter(|loss| loss.blames(finding.span, new, sources))
                .map(|loss| loss.what.as_str())
                .collect();
            if !lost.is_empty() {
                reasons.push((*finding).clone().help(lost_text(&lost)));
            }
        }
        // The running file had the same faults, yet what it runs depends on where it ends.
        if reasons.is_empty() && (new.facts.ends_inside || new.facts.nul) && !losses.is_empty() {
            let same = new.findings.iter().filter(|f| is_torn(f)).cloned();
            reasons.extend(same);
        }
    }
    if reasons.is_empty() {
        Ok(())
    } else {
        Err(reasons)
    }
}

fn is_torn(finding: &Finding) -> bool {
    matches!(finding.code, syntax::NUL | syntax::UNCLOSED)
}

/// Findings that refuse whatever runs.
fn refuses_alone(finding: &Finding, new: &Compiled) -> bool {
    is_torn(finding) || new.fatal.contains(finding)
}

/// Findings that may be the reason why something is missing.
fn is_suspect(finding: &Finding) -> bool {
    match finding.severity {
        Severity::Error => true,
        // A warning of a whole block or line left out; the others only fill in a value.
        Severity::Warning => !matches!(
            finding.code,
            code::UNBUILT
                | code::DEPRECATED
                | code::TOO_LONG
                | code::PREEMPTION
                | code::ADDRESS_WORD
                | code::PLACELESS
        ),
        Severity::Advice => false,
    }
}

fn nothing_to_run() -> Finding {
    let start = Span {
        file: FileId(0),
        start: 0,
        end: 0,
    };
    Finding::error(
        code::NOTHING_TO_RUN,
        start,
        "the file has no usable vrrp_instance, virtual_server or bfd_instance, while some are running",
    )
    .help("stop the daemon if nothing is to run any more")
}

fn lost_text(lost: &[&str]) -> String {
    let named = lost.get(..NAMED).unwrap_or(lost).join(", ");
    let more = lost.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "the reload is refused, since this would take away or change what runs now: {named}{more}"
    )
}

/// Something that runs now and would be gone or be another.
struct Loss {
    what: String,
    /// The block it is in, when that is still there.
    block: Option<Span>,
}

impl Loss {
    /// A fault inside another object's block cannot be the reason; one inside the own block or
    /// outside of all objects may be.
    fn blames(&self, fault: Span, new: &Compiled, sources: &SourceMap) -> bool {
        let inside = |block: &Span| match new.stretches.get(block) {
            Some(stretches) => stretches.iter().any(|part| sources.encloses(*part, fault)),
            None => sources.encloses(*block, fault),
        };
        if self.block.is_some_and(|own| inside(&own)) {
            return true;
        }
        let mut blocks = new.instance_blocks.iter().chain(&new.virtual_server_blocks);
        !blocks.any(inside)
    }
}

fn losses(running: &Model, new: &Compiled) -> Vec<Loss> {
    let mut losses = Vec::new();
    let found: BTreeMap<_, _> = new
        .model
        .vrrp
        .instances
        .iter()
        .zip(&new.instance_blocks)
        .map(|(instance, block)| (&instance.key, (instance, *block)))
        .collect();
    for old in &running.vrrp.instances {
        match found.get(&old.key) {
            None => losses.push(Loss {
                what: format!("vrrp_instance {}", old.key),
                block: None,
            }),
            Some((new, block)) => instance_losses(old, new, *block, &mut losses),
        }
    }
    for old in &running.vrrp.bfd {
        if !new.model.vrrp.bfd.iter().any(|new| new.key == old.key) {
            losses.push(Loss {
                what: format!("bfd_instance {}", old.key),
                block: None,
            });
        }
    }
    for vip in &running.vrrp.statics.addresses {
        if !new.model.vrrp.statics.addresses.contains(vip) {
            let what = format!("static_ipaddress {vip}");
            losses.push(Loss { what, block: None });
        }
    }
    let (before, after) = (&running.vrrp.statics, &new.model.vrrp.statics);
    for what in path_losses(
        "static",
        (&before.routes, &before.rules),
        (&after.routes, &after.rules),
    ) {
        losses.push(Loss { what, block: None });
    }
    let found: BTreeMap<_, _> = new
        .model
        .lvs
        .virtual_servers
        .iter()
        .zip(&new.virtual_server_blocks)
        .map(|(server, block)| (&server.key, (server, *block)))
        .collect();
    for old in &running.lvs.virtual_servers {
        match found.get(&old.key) {
            None => losses.push(Loss {
                what: format!("virtual_server {}", old.key),
                block: None,
            }),
            Some((new, block)) => server_losses(old, new, *block, &mut losses),
        }
    }
    losses
}

/// Routes and rules that are there no more.
fn path_losses(what: &str, old: (&[Route], &[Rule]), new: (&[Route], &[Rule])) -> Vec<String> {
    let routes = old.0.iter().filter(|route| !new.0.contains(route));
    let rules = old.1.iter().filter(|rule| !new.1.contains(rule));
    let routes = routes.map(|route| format!("{what}_routes {route}"));
    let rules = rules.map(|rule| format!("{what}_rules priority {}", rule.priority));
    routes.chain(rules).collect()
}

fn instance_losses(old: &Instance, new: &Instance, block: Span, losses: &mut Vec<Loss>) {
    let mut lost = |what: String| {
        losses.push(Loss {
            what,
            block: Some(block),
        });
    };
    let kept = new.owned();
    for vip in old.owned() {
        if !kept.contains(&vip) {
            lost(format!("virtual_ipaddress {vip} of {}", old.key));
        }
    }
    path_losses(
        "virtual",
        (&old.objects.routes, &old.objects.rules),
        (&new.objects.routes, &new.objects.rules),
    )
    .into_iter()
    .for_each(&mut lost);
    let same = Instance {
        addresses: new.addresses.clone(),
        serves_ipvs: new.serves_ipvs,
        objects: new.objects.clone(),
        ..old.clone()
    };
    if same != *new {
        lost(format!("settings of vrrp_instance {}", old.key));
    }
}

fn server_losses(old: &VirtualServer, new: &VirtualServer, block: Span, losses: &mut Vec<Loss>) {
    if old == new {
        return;
    }
    let mut lost = |what: String| {
        losses.push(Loss {
            what,
            block: Some(block),
        });
    };
    let found: BTreeMap<_, _> = new.real_servers.iter().map(|rs| (&rs.key, rs)).collect();
    for rs in &old.real_servers {
        match found.get(&rs.key) {
            None => lost(format!("real_server {} of {}", rs.key, old.key)),
            Some(kept) if **kept != *rs => {
                lost(format!("settings of real_server {} of {}", rs.key, old.key));
            }
            Some(_) => {}
        }
    }
    let same = VirtualServer {
        real_servers: new.real_servers.clone(),
        ..old.clone()
    };
    if same != *new {
        lost(format!("settings of virtual_server {}", old.key));
    }
}
