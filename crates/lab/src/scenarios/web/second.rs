//! nginx asked over HTTP/2, which keepalived cannot: it passes over the line, and asks in HTTP/1.

use super::{Kind, Variant, Verdict};
use Verdict::{Down, Up, UpHere, UpThere};

const fn nginx(
    name: &'static str,
    listen: &'static str,
    lines: &'static str,
    check: &'static str,
    url: &'static str,
    verdict: Verdict,
) -> Variant {
    Variant {
        name,
        server: Kind::Nginx { listen, lines },
        check,
        url,
        verdict,
    }
}

const HI: &str = "digest 49f68a5c8493ec2c0bf489821c21fc3b";
const PLAIN: &str = "HTTP_GET @holdfast http2\n";
const TLS: &str = "SSL_GET @holdfast http2\n";
const ONLY: &str = "if ($server_protocol != HTTP/2.0) { return 503; } return 200 hi;";

pub(super) static ALL: &[Variant] = &[
    nginx("h2, both", "ssl http2", "return 200 hi;", TLS, HI, Up),
    nginx("h2", "ssl http2", ONLY, TLS, HI, UpHere),
    nginx("h2, not asked for", "ssl http2", ONLY, "SSL_GET", HI, Down),
    nginx("h2, not spoken", "ssl", "return 200 hi;", TLS, HI, UpThere),
    nginx("h2, 503", "ssl http2", "return 503;", TLS, "", Down),
    nginx(
        "h2, a pattern",
        "ssl http2",
        ONLY,
        TLS,
        "regex ^hi$",
        UpHere,
    ),
    nginx(
        "h2, by name, and by the name in the handshake",
        "ssl http2",
        "if ($ssl_server_name != www.example.org) { return 503; } \
         if ($host != www.example.org) { return 503; } return 200 $server_protocol;",
        "SSL_GET @holdfast http2\n enable_sni\n virtualhost www.example.org",
        "regex HTTP/2",
        UpHere,
    ),
    nginx(
        "h2, its certificate counts",
        "ssl http2",
        ONLY,
        "SSL_GET @holdfast http2\n @holdfast tls_verify",
        HI,
        Down,
    ),
    nginx("h2c", "http2", ONLY, PLAIN, HI, UpHere),
    nginx("h2c, not spoken", "", "return 200 hi;", PLAIN, HI, UpThere),
    nginx(
        "h2c, HEAD and a line",
        "http2",
        "if ($request_method != HEAD) { return 503; } if ($http_x_a != b) { return 503; } return 200 hi;",
        "HTTP_GET @holdfast http2\n @holdfast http_method HEAD\n @holdfast http_header \"X-A: b\"",
        "",
        UpHere,
    ),
    nginx(
        "h2c, a page",
        "http2",
        "",
        PLAIN,
        "path /page.html\n digest 33d7ac42e3aa0f3146843833c23e4365",
        UpHere,
    ),
];
