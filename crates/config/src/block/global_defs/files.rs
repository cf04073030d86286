//! `global_defs`: names, files and scripts.

use super::super::root::Draft;
use super::super::{check, name, script};
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::table::{Arity, Row};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item};

const BOOLEAN: Arity = Arity::Free;
const PATH: Arity = Arity::Value("a path");
const NAME: Arity = Arity::Value("a name");
/// Names, files and scripts.
pub(super) const FILES: &[Row<Draft>] = &[
    Row::works(
        "process_names",
        Arity::Switch,
        "Names the workers keepalived_vrrp and keepalived_lvs.",
        |_, _, d| d.system.names = true,
    ),
    Row::works(
        "process_name",
        NAME,
        "The supervisor's name in `ps`.",
        process_name,
    ),
    Row::works(
        "vrrp_process_name",
        NAME,
        "The vrrp worker's name in `ps`.",
        process_name,
    ),
    Row::works(
        "checker_process_name",
        NAME,
        "The lvs worker's name in `ps`.",
        process_name,
    )
    .alias(&["lvs_process_name"]),
    Row::parsed(
        "bfd_process_name",
        NAME,
        "No BFD process here that could be named.",
        process_name,
    ),
    Row::works(
        "use_symlink_paths",
        BOOLEAN,
        "Keeps symbolic links in the paths of scripts; nothing to do: a path is run as it is written.",
        check::boolean,
    ),
    Row::works(
        "set_supplementary_groups",
        BOOLEAN,
        "Gives scripts their user's further groups.",
        |c, i, d| d.notices.groups = check::truth(c, i).unwrap_or(false),
    ),
    Row::works(
        "umask",
        Arity::Value("an octal number or names of bits"),
        "Access that FIFOs and files of the workers do not get; -u wins.",
        umask,
    ),
    Row::parsed(
        "random_seed",
        Arity::Value("a whole number"),
        "Seed of `${_RANDOM}` and of the first checks' times.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::works(
        "reload_check_config",
        Arity::Free,
        "Tests a file before a reload takes it; always so here, and the log has what is found.",
        check::nothing,
    ),
    Row::parsed(
        "reload_time_file",
        Arity::Needed("a path"),
        "A file that holds the time of a reload.",
        check::nothing,
    ),
    Row::parsed(
        "reload_repeat",
        Arity::Free,
        "Keeps `reload_time_file` after its reload.",
        check::nothing,
    ),
    Row::parsed(
        "reload_file",
        Arity::Free,
        "A file that exists while a reload runs.",
        check::nothing,
    ),
    Row::parsed(
        "include_check",
        Arity::Free,
        "How strictly `include` is taken.",
        include_check,
    ),
    Row::parsed(
        "config_save_dir",
        PATH,
        "Where configuration and state are saved at each reload.",
        check::nothing,
    ),
    Row::works(
        "tmp_config_directory",
        Arity::Needed("a path"),
        "Where keepalived keeps the text for its children; nothing to do: here it stays in memory.",
        check::nothing,
    ),
    Row::parsed(
        "data_use_instance",
        BOOLEAN,
        "Puts the instance's name into the names of dumps.",
        check::boolean,
    ),
    Row::parsed(
        "json_version",
        Arity::Value("1 or 2"),
        "The layout of the JSON dump.",
        |c, i, _| check::number(c, i, 1..=2),
    ),
    Row::parsed(
        "iproute_usr_dir",
        PATH,
        "Where iproute2's tables of names are.",
        check::nothing,
    ),
    Row::parsed(
        "iproute_etc_dir",
        PATH,
        "Where the host's own tables of names are.",
        check::nothing,
    ),
    Row::parsed(
        "state_dump_file",
        PATH,
        "Where SIGUSR1 writes the state.",
        check::nothing,
    ),
    Row::parsed(
        "stats_dump_file",
        PATH,
        "Where SIGUSR2 writes the counters.",
        check::nothing,
    ),
    Row::parsed(
        "json_dump_file",
        PATH,
        "Where the JSON dump is written.",
        check::nothing,
    ),
    Row::works(
        "startup_script",
        Arity::Free,
        "Runs before anything starts.",
        |c, i, d| d.notices.startup.script = script::read(c, i),
    ),
    Row::works(
        "startup_script_timeout",
        Arity::Needed("seconds from 1 to 1000"),
        "How long it may run; 10.",
        |c, i, d| d.notices.startup.limit = check::whole_number(c, i, 1..=1000),
    ),
    Row::works(
        "shutdown_script",
        Arity::Free,
        "Runs after everything has ended.",
        |c, i, d| d.notices.shutdown.script = script::read(c, i),
    ),
    Row::works(
        "shutdown_script_timeout",
        Arity::Needed("seconds from 1 to 1000"),
        "How long it may run; 10.",
        |c, i, d| d.notices.shutdown.limit = check::whole_number(c, i, 1..=1000),
    ),
    Row::works(
        "script_user",
        Arity::Needed("a user and perhaps a group"),
        "As whom scripts run.",
        script_user,
    ),
    Row::works(
        "enable_script_security",
        Arity::Switch,
        "Refuses scripts of root that others can write.",
        |_, _, d| d.notices.security = true,
    ),
];

fn include_check(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    for index in 1..item.len() {
        let word = item.text(index).unwrap_or_default();
        let name = word.strip_prefix(['+', '-']).unwrap_or(&word);
        if !matches!(name, "read" | "match" | "wildcard_match" | "brace_match") {
            let expected = "one of read, match, wildcard_match, brace_match";
            context.bad_value(code::CHOICE, item, index, expected, "the word is ignored");
        }
    }
}

fn process_name(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.keyword() == b"lvs_process_name" {
        let message = "`lvs_process_name` is the old name of `checker_process_name`";
        let finding = Finding::advice(code::DEPRECATED, item.word_span(0), message);
        context.push(finding.help("write `checker_process_name`"));
    }
    check::name_within(context, item, 15);
    if item.bytes(1).is_none_or(|word| word.len() > 15) {
        return;
    }
    let name = Some(name(item, 1));
    if item.keyword() == b"process_name" {
        draft.system.name = name;
    } else if let Some(urgency) = draft.system.of(item.keyword()) {
        urgency.name = name;
    }
}

/// A number, or names of bits: `IXUSR|IRWXG|IRWXO`.
fn umask(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let text = item.text(1).unwrap_or_default();
    let number = if let Some(hex) = text.strip_prefix("0x") {
        u32::from_str_radix(hex, 16).ok()
    } else if text.starts_with('0') {
        u32::from_str_radix(&text, 8).ok()
    } else {
        text.parse().ok()
    };
    let mut bits = Some(0);
    for index in 1..item.len() {
        let text = item.text(index).unwrap_or_default();
        for name in text.split('|').filter(|name| !name.is_empty()) {
            bits = bits.zip(access(name)).map(|(all, one)| all | one);
        }
    }
    draft.system.umask = number.or(bits).filter(|mask| *mask <= 0o777);
    if draft.system.umask.is_none() {
        let expected = "a number such as 0177, or names of bits such as IXUSR|IRWXG|IRWXO";
        context.bad_value(code::NUMBER, item, 1, expected, "the line is ignored");
    }
}

/// A bit, or the three of a class, as in stat(2) without its `S_`.
fn access(name: &str) -> Option<u32> {
    let (kinds, class) = name
        .strip_prefix('I')?
        .split_at_checked(if name.starts_with("IRWX") { 3 } else { 1 })?;
    let kind = match kinds {
        "R" => 4,
        "W" => 2,
        "X" => 1,
        "RWX" => 7,
        _ => return None,
    };
    let shift = match (kinds.len(), class) {
        (1, "USR") | (3, "U") => 6,
        (1, "GRP") | (3, "G") => 3,
        (1, "OTH") | (3, "O") => 0,
        _ => return None,
    };
    Some(kind << shift)
}

fn script_user(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let word = |index| item.text(index).map(|word| Name::from(word.as_ref()));
    if let Some(value) = word(1) {
        let span = item.head();
        draft.notices.user = Some((Spanned { value, span }, word(2)));
    }
}
