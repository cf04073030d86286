//! Keywords whose value is a program: the command as one word, then perhaps a user and a group.

use super::check;
use crate::context::Context;
use crate::draft::{NotifyDraft, ScriptDraft};
use crate::value::command;
use holdfast_model::Name;
use holdfast_syntax::Item;

/// The program of a line; none when it names none, which is said.
pub(super) fn read(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<ScriptDraft> {
    check::command(context, item, &mut ());
    words(item)
}

/// The path of a FIFO, and whom it is for.
pub(super) fn fifo(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<ScriptDraft> {
    check::named(context, item);
    words(item)
}

fn words(item: Item<'_, '_>) -> Option<ScriptDraft> {
    let mut outer = outer_words(item).into_iter();
    let words = command::split(&outer.next()?);
    let words: Vec<Name> = words.iter().map(|word| Name::from(word.as_str())).collect();
    let user = outer.next().map(|word| Name::from(word.as_str()));
    let group = outer.next().map(|word| Name::from(word.as_str()));
    (!words.is_empty()).then(|| ScriptDraft {
        words,
        user,
        group,
        span: item.head(),
    })
}

/// The words after the keyword; here `'` quotes too.
pub(super) fn outer_words(item: Item<'_, '_>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for index in 1..item.len() {
        let text = item.text(index).unwrap_or_default();
        let text = command::unescape(&text);
        if open {
            open = !text.ends_with('\'');
            let text = text.strip_suffix('\'').unwrap_or(&text);
            if let Some(last) = words.last_mut() {
                last.push(' ');
                last.push_str(text);
            }
            continue;
        }
        match text.strip_prefix('\'') {
            Some(inside) if !inside.contains('\'') => {
                open = true;
                words.push(inside.to_owned());
            }
            Some(inside) if inside.ends_with('\'') => {
                words.push(inside.trim_end_matches('\'').to_owned());
            }
            _ => words.push(text),
        }
    }
    words
}

/// Which of the scripts a keyword sets.
pub(super) fn notify(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut NotifyDraft) {
    let keyword = item.keyword();
    if keyword == b"notify_deleted" {
        draft.says_deleted = true;
        draft.deleted = if item.len() > 1 {
            read(context, item)
        } else {
            None
        };
        return;
    }
    let script = read(context, item);
    match keyword {
        b"notify_master" => draft.master = script,
        b"notify_backup" => draft.backup = script,
        b"notify_fault" => draft.fault = script,
        b"notify_stop" => draft.stop = script,
        b"notify_master_rx_lower_pri" => draft.lower_priority = script,
        _ => draft.any = script,
    }
}
