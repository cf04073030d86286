//! A line of rules, typed.

use super::path_words as words;
use super::routes::Seen;
use crate::code;
use crate::context::Context;
use crate::value::{address as ip, number::number};
use holdfast_model::route::PROTOCOL;
use holdfast_model::{AddressFamily, IfName, Rule, RuleAction};
use holdfast_syntax::Finding;

/// The rule of a line; `None` when it is left out. `priority` is for a line that gives none.
pub(super) fn rule(context: &mut Context<'_>, seen: &Seen<'_, '_>, priority: u32) -> Option<Rule> {
    let line = seen.line;
    let mut rule = Rule::all(AddressFamily::V4, priority, RuleAction::Table(0));
    let mut six = false;
    for index in &seen.keywords {
        let word = line.bytes(*index).unwrap_or_default();
        let value = line.bytes(index + 1).unwrap_or_default();
        six |= word == b"inet6";
        let fine = take(context, &mut rule, word, value);
        if fine.or_else(|| select(&mut rule, word, value)).is_none() {
            let expected = "a value that this word of a rule can have";
            context.bad_value(
                code::RULE,
                line,
                index + 1,
                expected,
                "the rule is left out",
            );
            return None;
        }
    }
    let given = rule.from.iter().chain(&rule.to).map(|prefix| prefix.0);
    let Some(family) = words::one_family(six, given) else {
        let finding = Finding::error(
            code::RULE,
            line.head(),
            "this rule mixes IPv4 and IPv6 addresses: it is left out",
        );
        context.push(finding.help("write a rule for each family"));
        return None;
    };
    rule.family = family;
    if !rule.untracked {
        rule.protocol = PROTOCOL;
    }
    Some(rule)
}

/// What a rule does, and where it stands.
fn take(context: &Context<'_>, rule: &mut Rule, word: &[u8], value: &[u8]) -> Option<()> {
    match word {
        b"inet" | b"inet6" | b"track_group" => {}
        b"not" => rule.invert = true,
        b"no_track" => rule.untracked = true,
        b"table" | b"lookup" => rule.action = RuleAction::Table(words::table(context, value)?),
        b"goto" => rule.action = RuleAction::Goto(number(value, 0..=u32::MAX)?),
        b"nop" => rule.action = RuleAction::Nop,
        b"blackhole" => rule.action = RuleAction::Blackhole,
        b"unreachable" => rule.action = RuleAction::Unreachable,
        b"prohibit" => rule.action = RuleAction::Prohibit,
        b"l3mdev" => rule.l3mdev = true,
        b"type" => {
            rule.action = match value {
                b"blackhole" => RuleAction::Blackhole,
                b"unreachable" => RuleAction::Unreachable,
                b"prohibit" => RuleAction::Prohibit,
                b"unicast" => rule.action,
                _ => return None,
            };
        }
        b"preference" | b"order" | b"priority" => rule.priority = number(value, 0..=u32::MAX)?,
        b"protocol" => rule.protocol = words::protocol(value)?,
        _ => return None,
    }
    Some(())
}

/// The packets that it is for.
fn select(rule: &mut Rule, word: &[u8], value: &[u8]) -> Option<()> {
    let name = || IfName::new(&String::from_utf8_lossy(value));
    // everything is what a rule without the word is for
    let prefix = || words::destination(value).map(|prefix| prefix.filter(|prefix| prefix.1 > 0));
    match word {
        b"from" => rule.from = prefix()?,
        b"to" => rule.to = prefix()?,
        b"tos" | b"dsfield" => rule.tos = words::byte(value)?,
        b"fwmark" => {
            let (mark, mask) = ip::split_slash(value);
            let mask = mask.map_or(Some(u32::MAX), words::any_base)?;
            rule.mark = Some((words::any_base(mark)?, mask));
        }
        b"realms" => rule.realms = Some(words::realms(value)?),
        b"suppress_prefixlength" | b"sup_pl" => {
            rule.suppress_prefix = Some(number(value, 0..=128)?);
        }
        b"suppress_ifgroup" | b"sup_group" => {
            let group = if value == b"default" {
                Some(0)
            } else {
                words::any_base(value)
            };
            rule.suppress_group = Some(group?);
        }
        b"iif" | b"dev" => rule.iif = Some(name()?),
        b"oif" => rule.oif = Some(name()?),
        b"tunnel-id" => rule.tunnel = Some(u64::from(number(value, 0..=u32::MAX)?)),
        b"uidrange" => rule.uids = Some(words::range(value)?),
        b"ipproto" => rule.ip_protocol = Some(words::ip_protocol(value)?),
        b"sport" => rule.source_ports = Some(words::ports(value)?),
        b"dport" => rule.destination_ports = Some(words::ports(value)?),
        _ => return None,
    }
    Some(())
}
