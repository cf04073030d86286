//! Probes against small servers on loopback.

use crate::digest::BodyDigest;
use crate::http::{self, Patience};
use crate::run;
use core::future::Future;
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::checker::{HttpCheck, Probe, Url};
use holdfast_model::event::CheckFailure;
use holdfast_model::{Connect, Origin};
use proptest::prelude::*;
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{Ipv6Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

/// What a test server does once it has read the request.
#[derive(Debug, Clone)]
enum Server {
    /// Sends this and closes.
    Says(Vec<u8>),
    /// Sends this and neither closes nor says more.
    SaysAndHolds(&'static str),
    /// Sends this and resets the connection, which the reader sees behind the bytes or instead.
    SaysAndResets(&'static str),
    /// Sends this a byte at a time, so many milliseconds apart, and closes.
    Drips(&'static str, u64),
    /// Sends this for ever.
    Repeats(&'static str),
}

fn says(text: &str) -> Server {
    Server::Says(text.as_bytes().to_vec())
}

/// Serves until the test process ends; what it was asked comes back.
fn serve(server: Server) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (server, asked) = (server.clone(), asked.clone());
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _unheard = asked.send(read_request(&mut stream));
                // a client that is gone is the client's choice
                let _gone = act(&mut stream, server);
            });
        }
    });
    (address, requests)
}

fn read_request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
        bytes.extend(byte);
    }
    String::from_utf8(bytes).unwrap()
}

fn act(stream: &mut TcpStream, server: Server) -> std::io::Result<()> {
    match server {
        Server::Says(bytes) => stream.write_all(&bytes),
        Server::SaysAndHolds(text) => {
            stream.write_all(text.as_bytes())?;
            stream.read(&mut [0]).map(drop)
        }
        Server::SaysAndResets(text) => {
            stream.write_all(text.as_bytes())?;
            SockRef::from(&*stream).set_linger(Some(Duration::ZERO))
        }
        Server::Drips(text, pause) => {
            stream.set_nodelay(true)?;
            for byte in text.bytes() {
                stream.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(pause));
            }
            Ok(())
        }
        Server::Repeats(text) => loop {
            stream.write_all(text.as_bytes())?;
        },
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(future)
}

fn url(path: &str) -> Url {
    Url {
        path: path.into(),
        virtualhost: None,
        digest: None,
        status: Vec::new(),
    }
}

fn check(target: SocketAddr, urls: Vec<Url>) -> HttpCheck {
    HttpCheck {
        connect: Connect::to(target),
        urls,
    }
}

fn md5(body: &[u8]) -> [u8; 16] {
    let mut digest = BodyDigest::default();
    digest.add(body);
    digest.finish()
}

const SHORT: Patience = Patience {
    wait: Duration::from_millis(300),
    whole: Duration::from_millis(900),
};
/// Where time must not decide.
const LONG: Patience = Patience {
    wait: Duration::from_secs(20),
    whole: Duration::from_secs(60),
};

fn get(server: Server, url: Url, patience: Patience) -> Result<(), CheckFailure> {
    let (target, _requests) = serve(server);
    block(http::run(&check(target, vec![url]), patience))
}

#[test]
fn tcp_connects_or_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let probe = Probe::Tcp(Connect::to(target));
    assert_eq!(block(run(&probe, LONG.wait)), Ok(()));
    drop(listener);
    assert_eq!(
        block(run(&probe, LONG.wait)),
        Err(CheckFailure::Refused(111))
    );
}

#[test]
fn a_connection_comes_from_where_the_file_says() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    // a port that nobody has just now
    let free = TcpListener::bind("127.0.0.9:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let origin = Origin {
        address: Some("127.0.0.9".parse().unwrap()),
        port,
        ..Origin::default()
    };
    let probe = Probe::Tcp(Connect::from(target, origin));
    for _ in 0..2 {
        // the second one finds the first one's port in TIME_WAIT
        assert_eq!(block(run(&probe, LONG.wait)), Ok(()));
        let (stream, client) = listener.accept().unwrap();
        assert_eq!(client, SocketAddr::from(([127, 0, 0, 9], port)));
        drop(stream);
    }
}

#[test]
fn an_address_that_is_not_here_says_nothing_of_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = Origin {
        address: Some("192.0.2.1".parse().unwrap()),
        ..Origin::default()
    };
    let probe = Probe::Tcp(Connect::from(listener.local_addr().unwrap(), origin));
    let result = block(run(&probe, LONG.wait));
    assert_eq!(result, Err(CheckFailure::Local(99)));
    let origin = Origin {
        interface: holdfast_model::IfName::new("nosuchif"),
        ..Origin::default()
    };
    let probe = Probe::Tcp(Connect::from(listener.local_addr().unwrap(), origin));
    let result = block(run(&probe, LONG.wait));
    assert!(matches!(result, Err(CheckFailure::Local(_))), "{result:?}");
}

#[test]
fn tcp_gives_a_silent_host_its_time_and_no_more() {
    // a full backlog drops what comes: a host that swallows packets
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    SockRef::from(&listener).listen(0).unwrap();
    let target = listener.local_addr().unwrap();
    let _first = TcpStream::connect(target).unwrap();
    let start = Instant::now();
    let result = block(run(&Probe::Tcp(Connect::to(target)), SHORT.wait));
    assert_eq!(result, Err(CheckFailure::Timeout));
    assert!(start.elapsed() >= SHORT.wait);
    assert!(start.elapsed() < SHORT.wait * 10);
}

#[test]
fn the_request_is_keepaliveds() {
    let (target, requests) = serve(says("HTTP/1.0 200 OK\r\n\r\n"));
    let mut named = url("/b?c=d");
    named.virtualhost = Some("www.example.org".into());
    let asked = check(target, vec![url("/"), named]);
    assert_eq!(block(http::run(&asked, LONG)), Ok(()));
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
    assert_eq!(block(http::run(&asked_for, LONG)), Ok(()));
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
fn every_server_ends_within_the_bounds() {
    let timeout = Err(CheckFailure::Timeout);
    let cases = [
        (Server::SaysAndHolds(""), timeout.clone()),
        (Server::SaysAndHolds("HTTP/1.1 200 OK\r\n"), timeout.clone()),
        (
            Server::SaysAndHolds("HTTP/1.1 200 OK\r\n\r\nhi"),
            timeout.clone(),
        ),
        (
            Server::Drips("HTTP/1.1 200 OK\r\nServer: slow\r\n\r\n", 100),
            timeout.clone(),
        ),
        (Server::Repeats("HTTP/1.1 200 OK\r\n\r\n"), timeout),
    ];
    for (server, expected) in cases {
        let (name, start) = (format!("{server:?}"), Instant::now());
        assert_eq!(get(server, url("/"), SHORT), expected, "{name}");
        assert!(start.elapsed() < SHORT.whole * 5, "{name}");
    }
}

#[test]
fn endless_heads_are_cut_off() {
    for endless in [
        "HTTP/1.1 200 OK\r\nA: b\r\n",
        "\r\n",
        "HTTP/1.1 200 OK ",
        "x",
    ] {
        let result = get(Server::Repeats(endless), url("/"), LONG);
        let cut = matches!(result, Err(CheckFailure::TooLong | CheckFailure::Malformed));
        assert!(cut, "{endless:?}: {result:?}");
    }
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
