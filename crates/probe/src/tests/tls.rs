//! SSL_GET against small TLS servers.

use super::{LONG, SHORT, Server, block, check, serve, url};
use crate::course::Course;
use crate::http;
use crate::http::Patience;
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpCheck, Secret, Sni, TlsCheck, TlsClient, TlsVerify};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{NameType, Ssl, SslContext, SslMethod, SslStream, SslVerifyMode};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhi";

pub(super) fn key() -> &'static PKey<Private> {
    static KEY: OnceLock<PKey<Private>> = OnceLock::new();
    KEY.get_or_init(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
}

/// A certificate of `www.example.org` and 127.0.0.1 that is good for so many days, signed by
/// itself.
pub(super) fn certificate(days: i64) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "www.example.org").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key()).unwrap();
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let at = |day: i64| Asn1Time::from_unix(now.cast_signed() + day * 86_400).unwrap();
    builder.set_not_before(&at(-30)).unwrap();
    builder.set_not_after(&at(days)).unwrap();
    let mut names = SubjectAlternativeName::new();
    let names = names.dns("www.example.org").ip("127.0.0.1");
    let names = names.build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(names).unwrap();
    let authority = BasicConstraints::new().build().unwrap();
    builder.append_extension(authority).unwrap();
    builder.sign(key(), MessageDigest::sha256()).unwrap();
    builder.build()
}

/// What a TLS server does when it has read the request.
type Act = fn(SslStream<TcpStream>);

fn answers_and_says_so(mut stream: SslStream<TcpStream>) {
    stream.write_all(PAGE).unwrap();
    let _half = stream.shutdown().unwrap();
}

fn answers_and_cuts(mut stream: SslStream<TcpStream>) {
    stream.write_all(PAGE).unwrap();
}

fn answers_and_garbles(mut stream: SslStream<TcpStream>) {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi";
    stream.write_all(head).unwrap();
    // a record that nobody has encrypted
    let junk = b"\x17\x03\x03\x00\x20....";
    stream.get_mut().write_all(junk).unwrap();
}

fn cuts(_stream: SslStream<TcpStream>) {}

/// Serves connections until the test process ends; the names in the handshakes come back.
fn tls_server(days: i64, wants_client: bool, act: Act) -> (SocketAddr, Receiver<Option<String>>) {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_certificate(&certificate(days)).unwrap();
    context.set_private_key(key()).unwrap();
    if wants_client {
        let must = SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT;
        context.set_verify_callback(must, |_good, _chain| true);
    }
    let context = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (said, names) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let ssl = Ssl::new(&context).unwrap();
            let Ok(mut stream) = ssl.accept(stream.unwrap()) else {
                continue;
            };
            let name = stream.ssl().servername(NameType::HOST_NAME);
            let _unheard = said.send(name.map(str::to_owned));
            let (mut bytes, mut byte) = (Vec::new(), [0]);
            while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n > 0) {
                bytes.extend(byte);
            }
            act(stream);
        }
    });
    (address, names)
}

pub(super) fn secure(target: SocketAddr, tls: TlsCheck) -> HttpCheck {
    let mut check = check(target, vec![url("/")]);
    check.tls = Some(Box::new(tls));
    check
}

fn ask(check: &HttpCheck, patience: Patience, course: &mut Course) -> Result<(), CheckFailure> {
    block(http::run(check, patience, course))
}

fn asked(check: &HttpCheck) -> Result<(), CheckFailure> {
    ask(check, LONG, &mut Course::default())
}

fn is_tls(result: Result<(), CheckFailure>) -> bool {
    matches!(result, Err(CheckFailure::Tls(words)) if !words.is_empty())
}

/// A file that lives as long as the test process.
pub(super) fn file(name: &str, bytes: &[u8]) -> String {
    let name = format!("holdfast-probe-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn nobodys_certificate_is_looked_at() {
    for days in [300, -3] {
        let (target, _names) = tls_server(days, false, answers_and_says_so);
        assert_eq!(asked(&secure(target, TlsCheck::default())), Ok(()));
    }
}

#[test]
fn a_verified_server_has_a_good_certificate_of_its_name() {
    let (good, _names) = tls_server(300, false, answers_and_says_so);
    let (ended, _names) = tls_server(-3, false, answers_and_says_so);
    let own = |days| file(&format!("{days}.pem"), &certificate(days).to_pem().unwrap());
    let (path, path_ended) = (own(300), own(-3));
    let verify = |path: Option<&str>, name: Option<&str>| TlsCheck {
        sni: name.map_or(Sni::None, |name| Sni::Name(name.into())),
        verify: Some(TlsVerify {
            authorities: path.map(Into::into),
        }),
        ..TlsCheck::default()
    };
    let named = |name| verify(Some(&path), name);
    assert_eq!(asked(&secure(good, named(Some("www.example.org")))), Ok(()));
    assert_eq!(asked(&secure(good, named(None))), Ok(()));
    assert!(is_tls(asked(&secure(good, named(Some("example.org"))))));
    assert!(is_tls(asked(&secure(
        ended,
        verify(Some(&path_ended), None)
    ))));
    // nobody knows the authority
    assert!(is_tls(asked(&secure(good, verify(None, None)))));
    // a file of ours that is no good says nothing of the server
    let mut course = Course::default();
    let lacking = secure(good, verify(Some("/nowhere/ca.pem"), None));
    let failed = ask(&lacking, LONG, &mut course);
    assert_eq!(failed, Err(CheckFailure::Local(22)));
    assert!(course.news().unwrap().contains("/nowhere/ca.pem"));
}

#[test]
fn a_certificate_that_ends_soon_is_said_once() {
    let (target, _names) = tls_server(10, false, answers_and_says_so);
    let mut check = secure(target, TlsCheck::default());
    for (days, said) in [(5, false), (20, true)] {
        check.tls.as_mut().unwrap().expiry_days = Some(days);
        let mut course = Course::default();
        assert_eq!(ask(&check, LONG, &mut course), Ok(()));
        let words = course.news().map(str::to_owned);
        assert_eq!(words.is_some(), said, "{words:?}");
        assert_eq!(ask(&check, LONG, &mut course), Ok(()));
        assert_eq!(course.news(), None);
    }
}

#[test]
fn the_name_in_the_handshake_is_the_one_asked_for() {
    let (target, names) = tls_server(300, false, answers_and_says_so);
    let cases = [
        (Sni::None, Some("a.example"), None),
        (Sni::Virtualhost, Some("a.example"), Some("a.example")),
        (Sni::Virtualhost, Some("a.example:8443"), Some("a.example")),
        (Sni::Virtualhost, None, None),
        (
            Sni::Name("b.example".into()),
            Some("a.example"),
            Some("b.example"),
        ),
    ];
    for (sni, host, expected) in cases {
        let tls = TlsCheck {
            sni: sni.clone(),
            ..TlsCheck::default()
        };
        let mut check = secure(target, tls);
        check.urls[0].virtualhost = host.map(Into::into);
        assert_eq!(asked(&check), Ok(()));
        assert_eq!(
            names.recv().unwrap().as_deref(),
            expected,
            "{sni:?} {host:?}"
        );
    }
}

#[test]
fn an_end_need_not_be_announced_unless_asked_for() {
    let closed = Err(CheckFailure::Closed);
    let cases: [(&str, Act, _, _); 4] = [
        ("said", answers_and_says_so, Ok(()), Ok(())),
        ("cut", answers_and_cuts, Ok(()), closed.clone()),
        ("garbled", answers_and_garbles, Ok(()), closed.clone()),
        ("no answer", cuts, closed.clone(), closed),
    ];
    for (name, act, by_default, announced) in cases {
        let (target, _names) = tls_server(300, false, act);
        let mut check = secure(target, TlsCheck::default());
        assert_eq!(asked(&check), by_default, "{name}");
        check.urls[0].announced_end = true;
        assert_eq!(asked(&check), announced, "{name}");
    }
}

#[test]
fn a_client_shows_its_certificate() {
    let (target, _names) = tls_server(300, true, answers_and_says_so);
    let client = |name: &str, key: &[u8], password: Option<&[u8]>| {
        let pem = certificate(300).to_pem().unwrap();
        Some(TlsClient {
            certificate: Some(file(&format!("client-{name}.pem"), &pem).as_str().into()),
            key: Some(file(&format!("key-{name}.pem"), key).as_str().into()),
            password: password.map(|word| Secret(word.to_vec())),
            authorities: None,
        })
    };
    let plain = key().private_key_to_pem_pkcs8().unwrap();
    let hidden = key().private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"word");
    let hidden = hidden.unwrap();
    let own = file("server.pem", &certificate(300).to_pem().unwrap());
    for verify in [false, true] {
        let tls = |client| TlsCheck {
            client,
            verify: verify.then(|| TlsVerify {
                authorities: Some(own.as_str().into()),
            }),
            ..TlsCheck::default()
        };
        let asks = |client| asked(&secure(target, tls(client)));
        assert_ne!(asks(None), Ok(()), "{verify}");
        assert_eq!(asks(client("plain", &plain, None)), Ok(()), "{verify}");
        assert_eq!(
            asks(client("a", &hidden, Some(b"word"))),
            Ok(()),
            "{verify}"
        );
        let unusable = Err(CheckFailure::Local(22));
        assert_eq!(asks(client("b", &hidden, Some(b"wrong"))), unusable);
        assert_eq!(asks(client("c", &hidden, None)), unusable);
        assert_eq!(asks(client("d", b"no key", None)), unusable);
    }
}

#[test]
fn handshakes_end_within_the_bounds() {
    // asks to begin again, for ever
    let hellos = Server::Repeats("\u{16}\u{3}\u{3}\u{0}\u{4}\u{0}\u{0}\u{0}\u{0}");
    let timeout = |result| result == Err(CheckFailure::Timeout);
    let closed = |result| matches!(result, Err(CheckFailure::Closed | CheckFailure::Tls(_)));
    let plain = b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec();
    type Verdict = fn(Result<(), CheckFailure>) -> bool;
    let cases: [(Server, Verdict); 6] = [
        (Server::SaysAndHolds(""), timeout),
        // the begin of a record of 127 bytes
        (Server::SaysAndHolds("\u{16}\u{3}\u{3}\u{0}\u{7f}"), timeout),
        (
            Server::Drips("\u{16}\u{3}\u{3}\u{0}\u{7f}\u{2}....", 200),
            timeout,
        ),
        (Server::SaysAndResets(""), closed),
        (Server::Says(plain), is_tls),
        (hellos, |result| result.is_err()),
    ];
    for verify in [false, true] {
        for (server, expected) in cases.clone() {
            let (name, start) = (format!("{server:?}"), Instant::now());
            let (target, _requests) = serve(server);
            let tls = TlsCheck {
                verify: verify.then(TlsVerify::default),
                ..TlsCheck::default()
            };
            let result = ask(&secure(target, tls), SHORT, &mut Course::default());
            assert!(expected(result.clone()), "{verify} {name}: {result:?}");
            assert!(start.elapsed() < SHORT.whole * 5, "{verify} {name}");
        }
    }
}
