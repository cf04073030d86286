//! Servers without TLS.

use super::{Kind, Variant, Verdict};
use crate::traffic::Odd;

const fn odd(name: &'static str, odd: Odd, url: &'static str, verdict: Verdict) -> Variant {
    Variant {
        name,
        server: Kind::Odd(odd),
        check: "HTTP_GET",
        url,
        verdict,
    }
}

const fn nginx(
    name: &'static str,
    lines: &'static str,
    check: &'static str,
    url: &'static str,
    verdict: Verdict,
) -> Variant {
    Variant {
        name,
        server: Kind::Nginx { listen: "", lines },
        check,
        url,
        verdict,
    }
}

use Odd::{Drips, Holds, Large, Repeats, Resets, Says};
use Verdict::{Down, Up, UpHere};

const HI: &str = "digest 49f68a5c8493ec2c0bf489821c21fc3b";
const OK: &str = "HTTP/1.1 200 OK\r\n\r\nhi";

pub(super) static ALL: &[Variant] = &[
    odd("a page", Says(OK), "", Up),
    odd("no reason phrase", Says("HTTP/1.1 200 \r\n\r\nhi"), "", Up),
    odd("a version of its own", Says("ICY 200 OK\r\n\r\nhi"), "", Up),
    odd(
        "junk for headers",
        Says("HTTP/1.1 200 OK\r\nno header\r\n: x\r\n\u{1}\u{2}\r\nA : b\r\n c\r\n\r\nhi"),
        "",
        Up,
    ),
    odd(
        "a large head",
        Large("HTTP/1.1 200 OK\r\n", "X-Filler: 0123456789\r\n", 150),
        "",
        Down,
    ),
    odd(
        "shorter than announced",
        Says("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi"),
        HI,
        Up,
    ),
    odd(
        "longer than announced",
        Says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhidden"),
        HI,
        Up,
    ),
    odd("a good digest", Says(OK), HI, Up),
    odd(
        "a wrong digest",
        Says("HTTP/1.1 200 OK\r\n\r\nho"),
        HI,
        Down,
    ),
    odd(
        "chunks are digested as they come",
        Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
        "digest 2479c6913f692d0376792ea95b92b42b",
        Up,
    ),
    odd("503", Says("HTTP/1.1 503 Busy\r\n\r\n"), "", Down),
    odd(
        "503 is wanted",
        Says("HTTP/1.1 503 Busy\r\n\r\n"),
        "status_code 200 500-505",
        Up,
    ),
    odd(
        "100 first",
        Says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        "",
        Down,
    ),
    odd(
        "a status of five digits",
        Says("HTTP/1.1 20000 OK\r\n\r\n"),
        "",
        Down,
    ),
    odd(
        "a page without a head",
        Says("<html>hi</html>\r\n"),
        "",
        Down,
    ),
    odd("nothing", Says(""), "", Down),
    odd("half a head", Says("HTTP/1.1 200 OK\r\nA: b"), "", Down),
    odd("silence", Holds(""), "", Down),
    odd("a page that never ends", Holds(OK), "", Down),
    odd(
        "a head that never ends",
        Repeats(
            "HTTP/1.1 200 OK\r\n",
            "X-Filler: 0123456789abcdef0123456789abcdef\r\n",
        ),
        "",
        Down,
    ),
    odd("a reset behind the head", Resets(OK), "", Down),
    odd("a byte at a time", Drips(OK, 5), HI, Up),
    odd(
        "a large body",
        Large("HTTP/1.1 200 OK\r\n\r\n", "0123456789abcdef", 20_000),
        "",
        Up,
    ),
    odd("a pattern that is there", Says(OK), "regex h[aeiou]", Up),
    odd("a pattern that is not", Says(OK), "regex ^i", Down),
    odd(
        "a pattern that must not be",
        Says(OK),
        "regex hi\n regex_no_match",
        Down,
    ),
    odd(
        "options and look-around",
        Says(OK),
        "regex \"(?=H)hI\"\n regex_options caseless",
        Up,
    ),
    odd(
        "too early for a pattern",
        Says(OK),
        "regex h\n regex_min_offset 20",
        Down,
    ),
    odd(
        "too late for a pattern",
        Says(OK),
        "regex i\n regex_max_offset 0",
        Down,
    ),
    odd(
        "a pattern and 404",
        Says("HTTP/1.1 404 No\r\n\r\nhi"),
        "regex hi",
        Down,
    ),
    odd("a pattern at the very end", Says(OK), "regex i+", UpHere),
    odd(
        "line feeds alone",
        Says("HTTP/1.1 200 OK\n\nhi"),
        "",
        UpHere,
    ),
    odd(
        "a digest and 404",
        Says("HTTP/1.1 404 No\r\n\r\nhi"),
        HI,
        UpHere,
    ),
    odd(
        "announced, and the connection held",
        Holds("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
        "",
        UpHere,
    ),
    nginx("nginx", "return 200 hi;", "HTTP_GET", HI, Up),
    nginx(
        "nginx, HTTP/1.1",
        "return 200 hi;",
        "HTTP_GET http_protocol 1.1",
        HI,
        Up,
    ),
    nginx(
        "nginx, HTTP/1.0C",
        "return 200 hi;",
        "HTTP_GET http_protocol 1.0C",
        HI,
        Up,
    ),
    nginx("nginx, 404", "return 404;", "HTTP_GET", "", Down),
    nginx("nginx, 301", "return 301 /x;", "HTTP_GET", "", Down),
    nginx(
        "nginx, 204",
        "return 204;",
        "HTTP_GET http_protocol 1.1",
        "status_code 204",
        Up,
    ),
    nginx(
        "nginx, by name",
        "if ($host != www.example.org) { return 503; } return 200 hi;",
        "HTTP_GET virtualhost www.example.org",
        HI,
        Up,
    ),
    nginx(
        "nginx, compressed",
        "gzip_static off; gzip on; gzip_http_version 1.0;",
        "HTTP_GET",
        "path /page.html",
        Up,
    ),
];
