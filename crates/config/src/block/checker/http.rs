//! HTTP_GET and SSL_GET.

use super::{common, url};
use crate::block::{check, name, needed};
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::http_draft::HttpDraft;
use crate::table::{Arity, Row, Table};
use holdfast_model::{HttpVersion, Name, is_of_connection};
use holdfast_syntax::{Finding, Item};

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    read(context, item, draft, false);
}

pub(crate) fn apply_tls(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut RealServerDraft,
) {
    read(context, item, draft, true);
}

fn read(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft, tls: bool) {
    let http = HttpDraft {
        tls,
        ..HttpDraft::default()
    };
    let mut checker = common::read(context, item, &TABLE, CheckerKind::Http(Box::new(http)));
    let CheckerKind::Http(http) = &mut checker.kind else {
        return;
    };
    if let (false, Some(span)) = (tls, http.tls_word) {
        let words = "HTTP_GET speaks no TLS: this has no effect";
        let finding = Finding::advice(code::NO_TLS, span, words);
        context.push(finding.help("write `SSL_GET`, or remove the line"));
    }
    if http.urls.is_empty() {
        let keyword = String::from_utf8_lossy(item.keyword());
        let finding = Finding::error(
            code::NO_URL,
            item.head(),
            format!("`{keyword}` has no usable url: the check is left out"),
        )
        .help("add a block `url { path / }`");
        context.push(finding);
        return;
    }
    if http.second && !second(context, item, http) {
        return;
    }
    draft.checkers.push(checker);
}

/// What HTTP/2 cannot say (RFC 9113 s8.2.2, s8.3.1) is named; false when no url is left.
fn second(context: &mut Context<'_>, item: Item<'_, '_>, http: &mut HttpDraft) -> bool {
    if let Some(span) = http.first_word {
        let words = "HTTP/2 has no place for this: it has no effect";
        let finding = Finding::advice(code::HTTP2, span, words);
        context.push(finding.help("remove the line, or `http2`"));
    }
    http.urls.retain(|url| {
        let path = url.path.as_str();
        let other = |byte: u8| !byte.is_ascii_graphic() || b"#<>`".contains(&byte);
        let good = path.starts_with('/') && !path.bytes().any(other);
        if !good {
            let words = format!("HTTP/2 cannot ask for `{path}`: this url is left out");
            let finding = Finding::error(code::HTTP2, item.head(), words);
            let help = "begin the path with `/`; write %20 for a blank, and other bytes alike";
            context.push(finding.help(help));
        }
        good
    });
    !http.urls.is_empty()
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "HTTP_GET",
    parts: &[common::ROWS, ROWS, OWN],
};

/// What the rows below write to; each of these checkers has one.
fn http(draft: &mut CheckerDraft) -> Option<&mut HttpDraft> {
    match &mut draft.kind {
        CheckerKind::Http(http) => Some(http),
        _ => None,
    }
}

/// The same, of a line that is about TLS.
fn tls<'d>(item: Item<'_, '_>, draft: &'d mut CheckerDraft) -> Option<&'d mut HttpDraft> {
    let http = http(draft)?;
    http.tls_word.get_or_insert(item.head());
    Some(http)
}

const ROWS: &[Row<CheckerDraft>] = &[
    Row::works(
        "nb_get_retry",
        Arity::Value("a whole number"),
        "The old name of retry.",
        |context, item, draft| {
            let finding = Finding::warning(
                code::DEPRECATED,
                item.word_span(0),
                "`nb_get_retry` is the old name of `retry`: it still works",
            )
            .help("write `retry`");
            context.push(finding);
            common::retry(context, item, draft);
        },
    ),
    Row::works(
        "virtualhost",
        Arity::Free,
        "The Host header of urls that name none.",
        |context, item, draft| {
            if let (Some(value), Some(http)) = (needed(context, item), http(draft)) {
                http.virtualhost = Some(value);
            }
        },
    ),
    Row::works(
        "url",
        Arity::Block,
        "One request and what is expected of its answer.",
        |context, item, draft| {
            if let (Some(url), Some(http)) = (url::read(context, item), http(draft)) {
                http.urls.push(url);
            }
        },
    )
    .repeated(),
    Row::works(
        "http_protocol",
        Arity::Needed("1.0, 1.0C or 1.1"),
        "The version of its requests; 1.0. With `1.0C` and `1.1` they ask for `Connection: close`.",
        |context, item, draft| {
            let version = match item.bytes(1) {
                Some(b"1.0") => HttpVersion::V10,
                Some(b"1.0C" | b"1.0c") => HttpVersion::V10Close,
                Some(b"1.1") => HttpVersion::V11,
                _ => return check::choice(context, item, &["1.0", "1.0C", "1.1", "1.0c"]),
            };
            if let Some(http) = http(draft) {
                http.request.version = version;
                http.first_word.get_or_insert(item.head());
            }
        },
    ),
    Row::works(
        "enable_sni",
        Arity::Free,
        "Names the virtual host in the TLS handshake.",
        |context, item, draft| {
            if let (Some(value), Some(http)) = (check::truth(context, item), tls(item, draft)) {
                http.enable_sni = value;
            }
        },
    ),
    Row::works(
        "sni_name",
        Arity::Value("a name"),
        "The name in the TLS handshake, whatever the virtual host is.",
        |_, item, draft| {
            if let Some(http) = tls(item, draft) {
                http.sni_name = Some(name(item, 1));
            }
        },
    ),
    Row::works(
        "fast_recovery",
        Arity::Free,
        "Asks the urls without a pause between them. Here that is always so.",
        check::boolean,
    ),
    Row::works(
        "tls_compliant",
        Arity::Free,
        "Wants the end of each answer announced in TLS, and announces its own; without it any end counts.",
        |context, item, draft| {
            if let (Some(value), Some(http)) = (check::truth(context, item), tls(item, draft)) {
                http.announced_end = value;
            }
        },
    ),
];

/// What keepalived does not have.
const OWN: &[Row<CheckerDraft>] = &[
    Row::works(
        "tls_verify",
        Arity::Free,
        "Holdfast's own (`@holdfast tls_verify`): SSL_GET succeeds only while the server's certificate is good, and of the name that is asked for (`sni_name`, else the virtual host, else the address). TLS 1.2 and 1.3.",
        |context, item, draft| {
            if let (Some(value), Some(http)) = (check::truth(context, item), tls(item, draft)) {
                http.verify = value;
            }
        },
    ),
    Row::works(
        "tls_ca",
        Arity::Value("a file"),
        "Holdfast's own: verifies by these certificates (PEM) instead of the system's.",
        |_, item, draft| {
            if let Some(http) = tls(item, draft) {
                (http.verify, http.authorities) = (true, Some(name(item, 1)));
            }
        },
    ),
    Row::works(
        "tls_expiry_warning",
        Arity::Value("days"),
        "Holdfast's own: a line in the log, once a day, when the server's certificate ends within so many days.",
        |context, item, draft| {
            let days = check::whole_number(context, item, 1..=3650);
            if let (Some(days), Some(http)) = (days, tls(item, draft)) {
                http.expiry_days = u16::try_from(days).ok();
            }
        },
    ),
    Row::works(
        "http2",
        Arity::Free,
        "Holdfast's own (`@holdfast http2`): asks over HTTP/2. SSL_GET offers h2 in the handshake, and a server that does not choose it is down; HTTP_GET speaks it from the first byte (h2c). An answer that breaks off is none, and `regex` sees the body alone.",
        |context, item, draft| {
            if let (Some(value), Some(http)) = (check::truth(context, item), http(draft)) {
                http.second = value;
            }
        },
    ),
    Row::works(
        "http_method",
        Arity::Value("GET, HEAD or OPTIONS"),
        "Holdfast's own: asks with this instead of GET. The answer to HEAD has no body.",
        |context, item, draft| {
            let methods = ["GET", "HEAD", "OPTIONS"];
            check::choice(context, item, &methods);
            let method = methods
                .iter()
                .find(|its| Some(its.as_bytes()) == item.bytes(1));
            if let (Some(method), Some(http)) = (method, http(draft)) {
                http.request.method = Some(Name::from(*method));
            }
        },
    ),
    Row::works(
        "http_header",
        Arity::Value("`Name: value`"),
        "Holdfast's own: a further line of the request, or another Host, User-Agent or Connection.",
        header,
    )
    .repeated(),
];

fn header(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let words = (1..item.len()).filter_map(|index| item.text(index));
    let line = words.collect::<Vec<_>>().join(" ");
    let name = line.split_once(':').map(|(name, _)| name);
    // RFC 9110 s5.6.2, token
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let good = name.is_some_and(|name| !name.is_empty() && name.bytes().all(token));
    if !good || line.chars().any(char::is_control) {
        let expected = "a line such as `Accept: text/html`";
        context.bad_value(code::CHOICE, item, 1, expected, "the line is ignored");
        return;
    }
    if let Some(http) = http(draft) {
        if name.is_some_and(is_of_connection) {
            http.first_word.get_or_insert(item.head());
        }
        http.request.headers.push(Name::from(line.as_str()));
    }
}
