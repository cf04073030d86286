//! HTTP_GET and its `url` blocks.

use super::common;
use crate::block::{name, needed};
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Arity, Row, Table, walk};
use crate::value::words;
use holdfast_model::{Name, Url};
use holdfast_syntax::{Finding, Item};

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let mut checker = CheckerDraft {
        kind: CheckerKind::Http {
            virtualhost: None,
            urls: Vec::new(),
        },
        ..CheckerDraft::default()
    };
    walk(context, item.items(), &TABLE, &mut checker);
    let CheckerKind::Http { urls, .. } = &checker.kind else {
        return;
    };
    if urls.is_empty() {
        let finding = Finding::error(
            code::NO_URL,
            item.head(),
            "`HTTP_GET` has no usable url: the check is left out",
        )
        .help("add a block `url { path / }`");
        context.push(finding);
        return;
    }
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "HTTP_GET",
    rows: &[
        common::CONNECT_PORT,
        common::CONNECT_TIMEOUT,
        common::RETRY,
        common::DELAY_BEFORE_RETRY,
        common::CONNECT_IP,
        common::WARMUP,
        common::DELAY_LOOP,
        Row {
            name: "nb_get_retry",
            aliases: &[],
            arity: Arity::Value("a whole number"),
            repeats: false,
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
            doc: "The Host header of urls that name none.",
            apply: |context, item, draft| {
                let value = needed(context, item);
                if let (CheckerKind::Http { virtualhost, .. }, Some(value)) =
                    (&mut draft.kind, value)
                {
                    *virtualhost = Some(value);
                }
            },
        },
        Row {
            name: "url",
            aliases: &[],
            arity: Arity::Block,
            repeats: true,
            doc: "One request and what is expected of its answer.",
            apply: url,
        },
    ],
};

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
    rows: &[
        Row {
            name: "path",
            aliases: &[],
            arity: Arity::Value("a path, such as /"),
            repeats: false,
            doc: "The path to ask for.",
            apply: |_, item, draft| draft.path = Some(name(item, 1)),
        },
        Row {
            name: "status_code",
            aliases: &[],
            arity: Arity::Free,
            repeats: true,
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
            doc: "The Host header.",
            apply: |context, item, draft| {
                draft.virtualhost = needed(context, item).or(draft.virtualhost.take());
            },
        },
    ],
};
