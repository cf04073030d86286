//! Servers with TLS. What Debian's OpenSSL does not speak any more is down for both.

use super::{Kind, Variant, Verdict};
use crate::traffic::Odd;
use Verdict::{Down, Up};

const fn ssl(name: &'static str, arguments: &'static str, verdict: Verdict) -> Variant {
    Variant {
        name,
        server: Kind::OpenSsl(arguments),
        check: "SSL_GET",
        url: "",
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
        server: Kind::Nginx {
            listen: "ssl",
            lines,
        },
        check,
        url,
        verdict,
    }
}

const HI: &str = "digest 49f68a5c8493ec2c0bf489821c21fc3b";

pub(super) static ALL: &[Variant] = &[
    ssl("TLS 1.3", "-www -cert good.pem -key rsa.key -tls1_3", Up),
    ssl("TLS 1.2", "-www -cert good.pem -key rsa.key -tls1_2", Up),
    ssl(
        "TLS 1.1",
        "-www -cert good.pem -key rsa.key -tls1_1 -cipher DEFAULT@SECLEVEL=0",
        Down,
    ),
    ssl(
        "TLS 1.0",
        "-www -cert good.pem -key rsa.key -tls1 -cipher DEFAULT@SECLEVEL=0",
        Down,
    ),
    ssl(
        "RSA key exchange",
        "-www -cert good.pem -key rsa.key -tls1_2 -cipher AES128-SHA",
        Up,
    ),
    ssl(
        "finite field DH",
        "-www -cert good.pem -key rsa.key -tls1_2 -cipher DHE-RSA-AES128-SHA",
        Up,
    ),
    ssl(
        "ChaCha20 only",
        "-www -cert good.pem -key rsa.key -tls1_2 -cipher ECDHE-RSA-CHACHA20-POLY1305",
        Up,
    ),
    ssl(
        "CBC only",
        "-www -cert good.pem -key rsa.key -tls1_2 -cipher ECDHE-RSA-AES256-SHA384",
        Up,
    ),
    ssl(
        "CCM only",
        "-www -cert good.pem -key rsa.key -tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256",
        Down,
    ),
    ssl(
        "nobody's certificate",
        "-www -nocert -tls1_2 -cipher ADH-AES128-SHA256@SECLEVEL=0",
        Down,
    ),
    ssl("P-256", "-www -cert ec.pem -key ec.key", Up),
    ssl("X.509 version 1", "-www -cert v1.pem -key rsa.key", Up),
    ssl("ended", "-www -cert ended.pem -key rsa.key", Up),
    ssl("not begun", "-www -cert future.pem -key rsa.key", Up),
    ssl(
        "a broken chain",
        "-www -cert broken.pem -cert_chain broken.pem -key rsa.key",
        Up,
    ),
    ssl(
        "signed with SHA-1",
        "-www -cert sha1.pem -key rsa.key -cipher DEFAULT@SECLEVEL=0",
        Up,
    ),
    ssl(
        "RSA of 1024 bits",
        "-www -cert weak.pem -key weak.key -cipher DEFAULT@SECLEVEL=0",
        Up,
    ),
    ssl(
        "wants a client's certificate, 1.2",
        "-www -cert good.pem -key rsa.key -tls1_2 -Verify 1",
        Down,
    ),
    ssl(
        "wants a client's certificate, 1.3",
        "-www -cert good.pem -key rsa.key -tls1_3 -Verify 1",
        Down,
    ),
    ssl(
        "asks for a client's certificate",
        "-www -cert good.pem -key rsa.key -verify 1",
        Up,
    ),
    Variant {
        name: "no TLS at all",
        server: Kind::Odd(Odd::Says("HTTP/1.1 200 OK\r\n\r\nhi")),
        check: "SSL_GET",
        url: "",
        verdict: Down,
    },
    Variant {
        name: "silence for a handshake",
        server: Kind::Odd(Odd::Holds("")),
        check: "SSL_GET",
        url: "",
        verdict: Down,
    },
    Variant {
        name: "HTTP to a TLS server",
        server: Kind::Nginx {
            listen: "ssl",
            lines: "return 200 hi;",
        },
        check: "HTTP_GET",
        url: "",
        verdict: Down,
    },
    nginx("nginx", "return 200 hi;", "SSL_GET", HI, Up),
    nginx(
        "nginx, HTTP/1.1",
        "return 200 hi;",
        "SSL_GET http_protocol 1.1",
        HI,
        Up,
    ),
    nginx("nginx, 503", "return 503;", "SSL_GET", "", Down),
    nginx(
        "nginx, a pattern",
        "return 200 hi;",
        "SSL_GET",
        "regex hi",
        Up,
    ),
    nginx(
        "nginx, by the name in the handshake",
        "if ($ssl_server_name != www.example.org) { return 503; } return 200 hi;",
        "SSL_GET enable_sni\n virtualhost www.example.org",
        HI,
        Up,
    ),
    nginx(
        "nginx, no name in the handshake",
        "if ($ssl_server_name != www.example.org) { return 503; } return 200 hi;",
        "SSL_GET virtualhost www.example.org",
        HI,
        Down,
    ),
];
