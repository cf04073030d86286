//! `url` blocks of HTTP_GET and SSL_GET.

use crate::block::script::outer_words;
use crate::block::{check, name, needed};
use crate::code;
use crate::context::Context;
use crate::table::{Arity, Row, Table, walk};
use crate::value::words;
use holdfast_model::{BodyMatch, Name, Url};
use holdfast_syntax::{Finding, Item, Span};

/// A `url` block on its way.
#[derive(Default)]
pub(in crate::block) struct UrlDraft {
    path: Option<Name>,
    url: Url,
    pattern: Option<(String, Span)>,
    rule: BodyMatch,
    /// The first line that belongs to a pattern.
    about: Option<Span>,
}

/// None without a path.
pub(super) fn read(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Url> {
    let mut draft = UrlDraft::default();
    walk(context, item.items(), &TABLE, &mut draft);
    let Some(path) = draft.path.take() else {
        let finding = Finding::error(
            code::NO_PATH,
            item.head(),
            "this url has no `path`: it is left out",
        )
        .help("add `path /` or the path to ask for");
        context.push(finding);
        return None;
    };
    let body = body(context, &mut draft);
    Some(Url {
        path,
        body,
        ..draft.url
    })
}

/// The pattern with all that was said of it; none when it is no good.
fn body(context: &mut Context<'_>, draft: &mut UrlDraft) -> Option<Box<BodyMatch>> {
    let mut rule = core::mem::take(&mut draft.rule);
    let Some((pattern, span)) = draft.pattern.take() else {
        if let Some(span) = draft.about {
            let words = "there is no `regex` in this url: the line has no effect";
            let finding = Finding::advice(code::REGEX, span, words);
            context.push(finding.help("add `regex`, or remove the line"));
        }
        return None;
    };
    if let Err(error) = holdfast_pcre::Regex::new(pattern.as_bytes(), rule.options) {
        let words = format!("PCRE2 does not take `{pattern}`: {error}; the body is not looked at");
        let finding = Finding::error(code::REGEX, span, words);
        context.push(finding.help("mend the pattern; `\\` itself is written `\\\\`"));
        return None;
    }
    if rule.most.is_some_and(|most| rule.least > most) {
        let words = "no match begins there: regex_min_offset and regex_max_offset are ignored";
        let finding = Finding::advice(code::REGEX, span, words);
        context.push(finding.help("make the first the smaller one"));
        (rule.least, rule.most) = (0, None);
    }
    rule.pattern = Name::from(pattern.as_str());
    Some(Box::new(rule))
}

pub(in crate::block) const TABLE: Table<UrlDraft> = Table {
    block: "url",
    parts: &[ROWS, REGEX],
};

const ROWS: &[Row<UrlDraft>] = &[
    Row::works(
        "path",
        Arity::Value("a path, such as /"),
        "The path to ask for.",
        |_, item, draft: &mut UrlDraft| draft.path = Some(name(item, 1)),
    ),
    Row::works(
        "status_code",
        Arity::Free,
        "Codes and ranges that count as success; 200-299 by default.",
        |context, item, draft: &mut UrlDraft| {
            for index in 1..item.len() {
                match item.bytes(index).and_then(words::status) {
                    Some(range) => draft.url.status.push(range),
                    None => {
                        let expected =
                            "status codes from 100 to 599 or ranges of them, such as 200-299";
                        context.bad_value(code::NUMBER, item, index, expected, "ignored");
                    }
                }
            }
        },
    )
    .repeated(),
    Row::works(
        "digest",
        Arity::Value("an MD5 sum"),
        "The MD5 sum of the body, as genhash prints it.",
        |context, item, draft: &mut UrlDraft| {
            let digest = item.bytes(1).and_then(words::md5);
            if digest.is_none() {
                let expected = "an MD5 sum of 32 hexadecimal digits";
                let consequence = "the body is not compared";
                context.bad_value(code::NUMBER, item, 1, expected, consequence);
            }
            draft.url.digest = digest;
        },
    ),
    Row::works(
        "virtualhost",
        Arity::Free,
        "The Host header.",
        |context, item, draft: &mut UrlDraft| {
            let before = draft.url.virtualhost.take();
            draft.url.virtualhost = needed(context, item).or(before);
        },
    ),
    Row::works(
        "tls_compliant",
        Arity::Free,
        "As in SSL_GET itself, for this url.",
        |context, item, draft: &mut UrlDraft| {
            if let Some(value) = check::truth(context, item) {
                draft.url.announced_end = value;
            }
        },
    ),
];

/// Lines about a pattern. keepalived's `-t` finds nothing wrong with any of them.
const REGEX: &[Row<UrlDraft>] = &[
    Row::works(
        "regex",
        Arity::Free,
        "What the body has to contain, as PCRE2 reads it: one word, or several in quotes; `\\` escapes, so that PCRE2's `\\d` is `\\\\d`.",
        |context, item, draft: &mut UrlDraft| {
            let mut words = outer_words(item);
            match (words.pop(), words.is_empty()) {
                (Some(pattern), true) => draft.pattern = Some((pattern, item.head())),
                _ => {
                    let words = "`regex` is followed by one word: the body is not looked at";
                    let finding = Finding::error(code::REGEX, item.head(), words);
                    context.push(finding.help("put a pattern with blanks into quotes"));
                }
            }
        },
    ),
    Row::works(
        "regex_no_match",
        Arity::Free,
        "The body must not contain it.",
        |_, item, draft: &mut UrlDraft| {
            draft.about.get_or_insert(item.head());
            draft.rule.absent = true;
        },
    ),
    Row::works(
        "regex_options",
        Arity::Free,
        "Options of PCRE2 (pcre2api(3)) by the names that keepalived.conf(5) has.",
        |context, item, draft: &mut UrlDraft| {
            draft.about.get_or_insert(item.head());
            for index in 1..item.len() {
                let word = item.text(index).unwrap_or_default();
                match holdfast_pcre::option(&word) {
                    Some(bit) => draft.rule.options |= bit,
                    None => {
                        let names = holdfast_pcre::NAMES.join(", ");
                        let words = format!("`{word}` is no option: it is ignored");
                        let finding = Finding::advice(code::REGEX, item.word_span(index), words);
                        context.push(finding.help(format!("they are {names}")));
                    }
                }
            }
        },
    ),
    Row::works(
        "regex_min_offset",
        Arity::Free,
        "Where in the body a match may begin; the first byte is 0.",
        |context, item, draft: &mut UrlDraft| {
            draft.about.get_or_insert(item.head());
            draft.rule.least = size(context, item, 1).unwrap_or(0);
        },
    ),
    Row::works(
        "regex_max_offset",
        Arity::Free,
        "The last byte where it may begin.",
        |context, item, draft: &mut UrlDraft| {
            draft.about.get_or_insert(item.head());
            draft.rule.most = size(context, item, 1);
        },
    ),
    Row::works(
        "regex_stack",
        Arity::Free,
        "Two sizes in bytes; the second is what a search may need of memory, if more than 4 MB (at most 64 MB).",
        |context, item, draft: &mut UrlDraft| {
            draft.about.get_or_insert(item.head());
            let sizes = (size(context, item, 1), size(context, item, 2));
            if let (Some(_), Some(most)) = sizes {
                draft.rule.memory = most;
            }
        },
    ),
];

fn size(context: &mut Context<'_>, item: Item<'_, '_>, index: usize) -> Option<u64> {
    let word = item.text(index).unwrap_or_default();
    let value = word.parse().ok();
    if value.is_none() {
        let words = "a whole number of bytes is expected here: the line is ignored";
        let span = item.word_span(index);
        context.push(Finding::advice(code::REGEX, span, words).help("write a number"));
    }
    value
}
