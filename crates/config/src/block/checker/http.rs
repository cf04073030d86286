//! HTTP_GET and its `url` blocks.

use super::common;
use crate::block::{check, name, needed};
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::words;
use holdfast_model::{Name, Url};
use holdfast_syntax::{Finding, Item};

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let mut checker = self::draft();
    checker.head = item.head();
    walk(context, item.items(), &TABLE, &mut checker);
    draft.checkers.extend(complete(context, item, checker));
}

pub(super) fn draft() -> CheckerDraft {
    CheckerDraft {
        kind: CheckerKind::Http {
            virtualhost: None,
            urls: Vec::new(),
        },
        ..CheckerDraft::default()
    }
}

/// None without a url.
pub(super) fn complete(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    checker: CheckerDraft,
) -> Option<CheckerDraft> {
    let CheckerKind::Http { urls, .. } = &checker.kind else {
        return None;
    };
    if urls.is_empty() {
        let keyword = String::from_utf8_lossy(item.keyword());
        let finding = Finding::error(
            code::NO_URL,
            item.head(),
            format!("`{keyword}` has no usable url: the check is left out"),
        )
        .help("add a block `url { path / }`");
        context.push(finding);
        return None;
    }
    Some(checker)
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "HTTP_GET",
    parts: &[common::ROWS, WORKS, FURTHER],
};

const WORKS: &[Row<CheckerDraft>] = &[
    Row {
        name: "nb_get_retry",
        aliases: &[],
        arity: Arity::Value("a whole number"),
        repeats: false,
        built: Built::Works,
        doc: "The old name of retry.",
        apply: |context, item, draft| {
            let finding = Finding::warning(
                code::DEPRECATED,
                item.word_span(0),
                "`nb_get_retry` is the old name of `retry`: it still works",
            )
            .help("write `retry`");
            context.push(finding);
            common::retry(context, item, draft);
        },
    },
    Row {
        name: "virtualhost",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "The Host header of urls that name none.",
        apply: |context, item, draft| {
            let value = needed(context, item);
            if let (CheckerKind::Http { virtualhost, .. }, Some(value)) = (&mut draft.kind, value) {
                *virtualhost = Some(value);
            }
        },
    },
    Row {
        name: "url",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "One request and what is expected of its answer.",
        apply: url,
    },
];

const FURTHER: &[Row<CheckerDraft>] = &[
    Row::parsed(
        "http_protocol",
        Arity::Needed("1.0, 1.0C or 1.1"),
        "The version of its requests; 1.0.",
        |c, i, _| check::choice(c, i, &["1.0", "1.0C", "1.1", "1.0c"]),
    ),
    Row::parsed(
        "enable_sni",
        Arity::Free,
        "Names the virtual host in the TLS handshake.",
        check::boolean,
    ),
    Row::parsed(
        "sni_name",
        Arity::Value("a name"),
        "The name in the TLS handshake.",
        check::nothing,
    ),
    Row::parsed(
        "fast_recovery",
        Arity::Free,
        "One good url brings it back.",
        check::boolean,
    ),
    Row::parsed(
        "tls_compliant",
        Arity::Free,
        "Closes TLS by the book.",
        check::nothing,
    ),
];

/// A `url` block on its way.
#[derive(Default)]
pub(in crate::block) struct UrlDraft {
    path: Option<Name>,
    virtualhost: Option<Name>,
    digest: Option<[u8; 16]>,
    status: Vec<(u16, u16)>,
}

fn url(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let mut url = UrlDraft::default();
    walk(context, item.items(), &URL, &mut url);
    let Some(path) = url.path else {
        let finding = Finding::error(
            code::NO_PATH,
            item.head(),
            "this url has no `path`: it is left out",
        )
        .help("add `path /` or the path to ask for");
        context.push(finding);
        return;
    };
    if let CheckerKind::Http { urls, .. } = &mut draft.kind {
        urls.push(Url {
            path,
            virtualhost: url.virtualhost,
            digest: url.digest,
            status: url.status,
        });
    }
}

pub(in crate::block) const URL: Table<UrlDraft> = Table {
    block: "url",
    parts: &[URL_WORKS, URL_FURTHER],
};

const URL_WORKS: &[Row<UrlDraft>] = &[
    Row {
        name: "path",
        aliases: &[],
        arity: Arity::Value("a path, such as /"),
        repeats: false,
        built: Built::Works,
        doc: "The path to ask for.",
        apply: |_, item, draft| draft.path = Some(name(item, 1)),
    },
    Row {
        name: "status_code",
        aliases: &[],
        arity: Arity::Free,
        repeats: true,
        built: Built::Works,
        doc: "Codes and ranges that count as success; 200-299 by default.",
        apply: |context, item, draft| {
            for index in 1..item.len() {
                match item.bytes(index).and_then(words::status) {
                    Some(range) => draft.status.push(range),
                    None => {
                        let expected =
                            "status codes from 100 to 599 or ranges of them, such as 200-299";
                        context.bad_value(code::NUMBER, item, index, expected, "ignored");
                    }
                }
            }
        },
    },
    Row {
        name: "digest",
        aliases: &[],
        arity: Arity::Value("an MD5 sum"),
        repeats: false,
        built: Built::Works,
        doc: "The MD5 sum of the body, as genhash prints it.",
        apply: |context, item, draft| {
            let digest = item.bytes(1).and_then(words::md5);
            if digest.is_none() {
                let expected = "an MD5 sum of 32 hexadecimal digits";
                let consequence = "the body is not compared";
                context.bad_value(code::NUMBER, item, 1, expected, consequence);
            }
            draft.digest = digest;
        },
    },
    Row {
        name: "virtualhost",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "The Host header.",
        apply: |context, item, draft| {
            draft.virtualhost = needed(context, item).or(draft.virtualhost.take());
        },
    },
];

const URL_FURTHER: &[Row<UrlDraft>] = &[
    Row::parsed(
        "regex",
        Arity::Needed("a regular expression"),
        "What the body has to match.",
        check::nothing,
    )
    .decisive(),
    Row::parsed(
        "regex_no_match",
        Arity::Free,
        "What it must not match.",
        check::nothing,
    )
    .decisive(),
    Row::parsed(
        "regex_options",
        Arity::Needed("options"),
        "Options of PCRE2.",
        check::nothing,
    ),
    Row::parsed(
        "regex_min_offset",
        Arity::Needed("bytes"),
        "Where a match may begin.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::parsed(
        "regex_max_offset",
        Arity::Needed("bytes"),
        "Before which it has to begin.",
        |c, i, _| check::number(c, i, 1..=u32::MAX),
    ),
    Row::parsed(
        "regex_stack",
        Arity::Needed("two sizes"),
        "PCRE2's memory.",
        check::nothing,
    ),
    Row::parsed(
        "tls_compliant",
        Arity::Free,
        "Closes TLS by the book.",
        check::nothing,
    ),
];
