//! What HTTP_GET asks, and how it judges.

use super::{LONG, Server, block, check, get, md5, read_request, run_http, says, serve, url};
use crate::course::Course;
use holdfast_model::HttpVersion;
use holdfast_model::event::CheckFailure;
use proptest::prelude::*;
use std::io::Write as _;
use std::net::{Ipv6Addr, TcpListener};
use std::thread;

#[test]
fn the_request_is_keepaliveds() {
    let (target, requests) = serve(says("HTTP/1.0 200 OK\r\n\r\n"));
    let mut named = url("/b?c=d");
    named.virtualhost = Some("www.example.org".into());
    let asked = check(target, vec![url("/"), named]);
    assert_eq!(run_http(&asked, LONG), Ok(()));
    let lines = "HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost:";
    assert_eq!(
        requests.recv().unwrap(),
        format!("GET / {lines} {target}\r\n\r\n")
    );
    let second = format!("GET /b?c=d {lines} www.example.org\r\n\r\n");
    assert_eq!(requests.recv().unwrap(), second);
}

#[test]
fn ipv6_hosts_stand_in_brackets() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
        return; // no IPv6 on this machine
    };
    let target = listener.local_addr().unwrap();
    let asked = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let request = read_request(&mut stream);
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").unwrap();
        request
    });
    let asked_for = check(target, vec![url("/")]);
    assert_eq!(run_http(&asked_for, LONG), Ok(()));
    let request = asked.join().unwrap();
    assert!(request.contains(&format!("\r\nHost: [::1]:{}\r\n", target.port())));
}

/// Answer, wanted digest, wanted status, verdict.
type Case<'a> = (
    &'a str,
    Option<[u8; 16]>,
    &'a [(u16, u16)],
    Result<(), CheckFailure>,
);

#[test]
fn status_and_digest_decide() {
    let page = "HTTP/1.1 200 OK\r\n\r\nhi";
    let missing = "HTTP/1.1 404 Not Found\r\n\r\nhi";
    let (hi, ho) = (Some(md5(b"hi")), Some(md5(b"ho")));
    let cases: &[Case<'_>] = &[
        (page, None, &[], Ok(())),
        ("HTTP/1.1 299 Fine\r\n\r\n", None, &[], Ok(())),
        (missing, None, &[], Err(CheckFailure::Status(404))),
        (
            "HTTP/1.1 302 Found\r\n\r\n",
            None,
            &[],
            Err(CheckFailure::Status(302)),
        ),
        (missing, None, &[(200, 200), (400, 404)], Ok(())),
        (page, None, &[(201, 299)], Err(CheckFailure::Status(200))),
        (page, hi, &[], Ok(())),
        (page, ho, &[], Err(CheckFailure::Digest(md5(b"hi")))),
        (missing, hi, &[], Ok(())),
        (missing, hi, &[(200, 299)], Err(CheckFailure::Status(404))),
        (missing, hi, &[(404, 404)], Ok(())),
        (
            missing,
            ho,
            &[(404, 404)],
            Err(CheckFailure::Digest(md5(b"hi"))),
        ),
        // the announced length bounds the digest; a shorter body is taken as it is
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhidden",
            hi,
            &[],
            Ok(()),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhi",
            hi,
            &[],
            Ok(()),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhi",
            hi,
            &[],
            Ok(()),
        ),
    ];
    for (answer, digest, status, expected) in cases {
        let mut url = url("/");
        (url.digest, url.status) = (*digest, status.to_vec());
        assert_eq!(
            get(says(answer), url, LONG),
            *expected,
            "{answer:?} {status:?}"
        );
    }
}

#[test]
fn large_bodies_are_digested_in_pieces() {
    let body = vec![b'x'; 3_000_000];
    let mut url = url("/");
    url.digest = Some(md5(&body));
    let answer = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &body].concat();
    assert_eq!(get(Server::Says(answer), url, LONG), Ok(()));
}

/// The verdicts of keepalived 2.2.7 on the same bytes, but for the lines marked `beyond`.
#[test]
fn odd_answers_are_judged_as_keepalived_judges() {
    let ok = "HTTP/1.1 200 OK\r\n\r\nhi";
    let closed = Err(CheckFailure::Closed);
    let malformed = Err(CheckFailure::Malformed);
    let cases = [
        (says("ICY 200 OK\r\n\r\n"), Ok(())),
        (
            says("HTTP/1.1 200 OK\r\nno header\r\n: x\r\n\u{1}\r\n\r\nhi"),
            Ok(()),
        ),
        (
            says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            Err(CheckFailure::Status(100)),
        ),
        (says("HTTP/1.1 200\r\n\r\n"), Ok(())),  // beyond
        (says("HTTP/1.1 200 OK\n\nhi"), Ok(())), // beyond
        (says(""), closed.clone()),
        (says("<html>hi</html>"), closed.clone()),
        (says("<html>\nhi</html>"), malformed.clone()),
        (says("HTTP/1.1 abc OK\r\n\r\n"), malformed),
        (says("HTTP/1.1 200 OK\r\nFoo: bar\r\n"), closed.clone()),
        (Server::SaysAndResets(""), closed.clone()),
        (
            Server::SaysAndResets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi"),
            closed.clone(),
        ),
        (Server::SaysAndResets(ok), closed),
        (
            Server::SaysAndHolds("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
            Ok(()),
        ), // beyond
        (Server::Drips(ok, 1), Ok(())),
    ];
    for (server, expected) in cases {
        let name = format!("{server:?}");
        assert_eq!(get(server, url("/"), LONG), expected, "{name}");
    }
}

#[test]
fn the_protocol_and_own_words_are_said() {
    let cases: &[(HttpVersion, &[&str], &str)] = &[
        (
            HttpVersion::V10,
            &[],
            "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: h\r\n\r\n",
        ),
        (
            HttpVersion::V10Close,
            &[],
            "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: h\r\n\r\n",
        ),
        (
            HttpVersion::V11,
            &[],
            "GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: h\r\n\r\n",
        ),
        (
            HttpVersion::V10,
            &["X-A: b", "user-agent: me"],
            "GET / HTTP/1.0\r\nHost: h\r\nX-A: b\r\nuser-agent: me\r\n\r\n",
        ),
    ];
    for (version, headers, expected) in cases {
        let (target, requests) = serve(says("HTTP/1.0 200 OK\r\n\r\n"));
        let mut named = url("/");
        named.virtualhost = Some("h".into());
        let mut check = check(target, vec![named]);
        check.request.version = *version;
        check.request.headers = headers.iter().map(|line| (*line).into()).collect();
        assert_eq!(run_http(&check, LONG), Ok(()));
        assert_eq!(requests.recv().unwrap(), *expected);
    }
}

#[test]
fn a_head_has_no_body() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    let (target, requests) = serve(Server::SaysAndHolds(answer));
    let mut check = check(target, vec![url("/x")]);
    check.request.method = Some("HEAD".into());
    assert_eq!(run_http(&check, LONG), Ok(()));
    assert!(requests.recv().unwrap().starts_with("HEAD /x HTTP/1.0\r\n"));
}

#[test]
fn the_next_check_begins_with_the_url_that_failed() {
    let (target, requests) = serve(says("HTTP/1.0 200 OK\r\n\r\n"));
    let mut wrong = url("/b");
    wrong.status = vec![(404, 404)];
    let mut check = check(target, vec![url("/a"), wrong, url("/c")]);
    let mut course = Course::default();
    let failed = Err(CheckFailure::Status(200));
    assert_eq!(block(crate::http::run(&check, LONG, &mut course)), failed);
    assert_eq!(block(crate::http::run(&check, LONG, &mut course)), failed);
    check.urls[1].status = Vec::new();
    assert_eq!(block(crate::http::run(&check, LONG, &mut course)), Ok(()));
    assert_eq!(block(crate::http::run(&check, LONG, &mut course)), Ok(()));
    let asked = requests.try_iter().map(|request| request[4..6].to_owned());
    let asked: Vec<String> = asked.collect();
    let expected = ["/a", "/b", "/b", "/b", "/c", "/a", "/a", "/b", "/c"];
    assert_eq!(asked, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_answer_is_judged(bytes in prop::collection::vec(any::<u8>(), 0..3000), good: bool) {
        let start = if good { b"HTTP/1.1 200 OK\r\n".as_slice() } else { b"" };
        let answer = [start, &bytes].concat();
        let result = get(Server::Says(answer), url("/"), LONG);
        prop_assert!(!matches!(result, Err(CheckFailure::Timeout | CheckFailure::Local(_))));
    }
}
