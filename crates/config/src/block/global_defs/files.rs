//! `global_defs`: names, files and scripts.

use super::super::root::Draft;
use super::super::{check, script};
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
    Row::parsed(
        "process_names",
        Arity::Switch,
        "Names the processes keepalived_vrrp and so on.",
        check::nothing,
    ),
    Row::parsed(
        "process_name",
        NAME,
        "The supervisor's name in `ps`.",
        process_name,
    ),
    Row::parsed(
        "vrrp_process_name",
        NAME,
        "The vrrp worker's name in `ps`.",
        process_name,
    ),
    Row::parsed(
        "checker_process_name",
        NAME,
        "The lvs worker's name in `ps`.",
        process_name,
    )
    .alias(&["lvs_process_name"]),
    Row::parsed(
        "bfd_process_name",
        NAME,
        "The BFD process' name in `ps`.",
        process_name,
    ),
    Row::parsed(
        "use_symlink_paths",
        BOOLEAN,
        "Keeps symbolic links in the paths of scripts.",
        check::boolean,
    ),
    Row::works(
        "set_supplementary_groups",
        BOOLEAN,
        "Gives scripts their user's further groups.",
        |c, i, d| d.notices.groups = check::truth(c, i).unwrap_or(false),
    ),
    Row::parsed(
        "umask",
        Arity::Value("an octal number or names of bits"),
        "Access of files that are created; 0177.",
        check::nothing,
    ),
    Row::parsed(
        "random_seed",
        Arity::Value("a whole number"),
        "Seed of `${_RANDOM}` and of the first checks' times.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::parsed(
        "reload_check_config",
        Arity::Free,
        "Tests a file before a reload takes it; always so here.",
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
    Row::parsed(
        "tmp_config_directory",
        Arity::Needed("a path"),
        "Where keepalived keeps the text for its children.",
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

fn process_name(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    if item.keyword() == b"lvs_process_name" {
        let message = "`lvs_process_name` is the old name of `checker_process_name`";
        let finding = Finding::advice(code::DEPRECATED, item.word_span(0), message);
        context.push(finding.help("write `checker_process_name`"));
    }
    check::name_within(context, item, 15);
}

fn script_user(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let word = |index| item.text(index).map(|word| Name::from(word.as_ref()));
    if let Some(value) = word(1) {
        let span = item.head();
        draft.notices.user = Some((Spanned { value, span }, word(2)));
    }
}
