//! What `http2` asks, and how it comes to speak HTTP/2.

use super::second::page;
use super::tls::{certificate, file, key, secure};
use super::{LONG, block, check, md5, run_http, url};
use crate::course::Course;
use crate::http;
use ::http::{Request, Response};
use bytes::Bytes;
use core::net::SocketAddr;
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpVersion, TlsCheck, TlsVerify};
use openssl::ssl::{AlpnError, Ssl, SslContext, SslMethod};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Answers every request with `body`; the requests come back.
fn serve(body: Vec<u8>) -> (SocketAddr, Receiver<Request<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = channel();
    let body = Bytes::from(body);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_nonblocking(true).unwrap();
            block(async {
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                let mut line = h2::server::handshake(stream).await.unwrap();
                while let Some(Ok((request, mut answer))) = line.accept().await {
                    let _unheard = asked.send(request.map(drop));
                    let mut sent = answer.send_response(Response::new(()), false).unwrap();
                    sent.send_data(body.clone(), true).unwrap();
                }
            });
        }
    });
    (address, requests)
}

#[test]
fn the_request_says_what_it_says_over_http1() {
    let (target, requests) = serve(b"hi".to_vec());
    let mut check = check(target, vec![url("/b?c=d"), url("/")]);
    check.request.version = HttpVersion::V2;
    check.urls[1].virtualhost = Some("www.example.org".into());
    let expected = [
        format!("http://{target}/b?c=d"),
        "http://www.example.org/".to_owned(),
    ];
    assert_eq!(run_http(&check, LONG), Ok(()));
    for uri in expected {
        let request = requests.recv().unwrap();
        assert_eq!(request.uri().to_string(), uri);
        assert_eq!(request.method(), "GET");
        assert_eq!(request.headers().len(), 1);
        assert_eq!(request.headers()["user-agent"], "KeepAliveClient");
    }
    check.urls.pop();
    check.request.method = Some("OPTIONS".into());
    let lines = [
        "X-A: b",
        "User-Agent: me",
        "Host: h:8080",
        "Connection: close",
        "X-B: ä",
    ];
    check.request.headers = lines.iter().map(|line| (*line).into()).collect();
    assert_eq!(run_http(&check, LONG), Ok(()));
    let request = requests.recv().unwrap();
    assert_eq!(request.uri().to_string(), "http://h:8080/b?c=d");
    assert_eq!(request.method(), "OPTIONS");
    assert_eq!(request.headers().len(), 3);
    assert_eq!(request.headers()["user-agent"], "me");
    assert_eq!(request.headers()["x-a"], "b");
    assert_eq!(request.headers()["x-b"].as_bytes(), "ä".as_bytes());
}

#[test]
fn what_cannot_be_said_is_no_fault_of_the_server() {
    let (target, _requests) = serve(Vec::new());
    let mut check = check(target, vec![url("/")]);
    check.request.version = HttpVersion::V2;
    check.urls[0].virtualhost = Some("no host".into());
    let mut course = Course::default();
    let asked = block(http::run(&check, LONG, &mut course));
    assert_eq!(asked, Err(CheckFailure::Local(22)));
    assert!(course.news().unwrap().contains("HTTP/2"));
}

#[test]
fn a_large_body_comes_through_the_window() {
    let body = vec![b'x'; 3_000_000];
    let (target, _requests) = serve(body.clone());
    let mut check = check(target, vec![url("/")]);
    check.request.version = HttpVersion::V2;
    check.urls[0].digest = Some(md5(&body));
    assert_eq!(run_http(&check, LONG), Ok(()));
}

/// How a server takes the offer of h2 (RFC 7301).
#[derive(Debug, Clone, Copy)]
enum Choice {
    Chooses,
    Ignores,
    Alerts,
}

fn tls_server(choice: Choice) -> SocketAddr {
    let mut context = SslContext::builder(SslMethod::tls_server()).unwrap();
    context.set_certificate(&certificate(300)).unwrap();
    context.set_private_key(key()).unwrap();
    context.set_alpn_select_callback(move |_, offered| {
        assert_eq!(offered, b"\x02h2");
        match choice {
            Choice::Chooses => Ok(b"h2"),
            Choice::Ignores => Err(AlpnError::NOACK),
            Choice::Alerts => Err(AlpnError::ALERT_FATAL),
        }
    });
    let context = context.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let ssl = Ssl::new(&context).unwrap();
            let Ok(mut stream) = ssl.accept(stream.unwrap()) else {
                continue;
            };
            let mut preface = [0; 24];
            if stream.read_exact(&mut preface).is_ok() {
                stream.write_all(&page(b"hi")).unwrap();
                let _until_it_is_gone = stream.read_to_end(&mut Vec::new());
            }
        }
    });
    address
}

#[test]
fn over_tls_the_server_has_to_choose_it() {
    let authority = file("h2.pem", &certificate(300).to_pem().unwrap());
    for verify in [false, true] {
        for choice in [Choice::Chooses, Choice::Ignores, Choice::Alerts] {
            let tls = TlsCheck {
                verify: verify.then(|| TlsVerify {
                    authorities: Some(authority.as_str().into()),
                }),
                ..TlsCheck::default()
            };
            let mut check = secure(tls_server(choice), tls);
            check.request.version = HttpVersion::V2;
            check.urls[0].digest = Some(md5(b"hi"));
            // its end is announced by HTTP/2
            check.urls[0].announced_end = true;
            let expected = match choice {
                Choice::Chooses => Ok(()),
                Choice::Ignores | Choice::Alerts => Err(CheckFailure::Http2(
                    "it did not choose h2 in the handshake".to_owned(),
                )),
            };
            assert_eq!(run_http(&check, LONG), expected, "{verify} {choice:?}");
        }
    }
}
