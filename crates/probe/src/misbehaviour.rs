//! Servers that do not do what they should, on loopback: each check ends in time, with a verdict.

use crate::{Course, run};
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use holdfast_model::{Connect, DnsCheck, Probe, Reply, SmtpCheck, UdpCheck};
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Instant;

pub(crate) const SHORT: Duration = Duration::from_millis(300);
/// Where time must not decide.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) fn ask(probe: &Probe, wait: Duration) -> Result<(), CheckFailure> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(run(probe, wait, &mut Course::default()))
}

/// A step of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Says(&'static str),
    Hears(&'static str),
    Repeats(&'static str),
    /// A byte every 50 ms, for ever.
    Drips,
    Holds,
    Resets,
}

fn play(stream: &mut TcpStream, steps: &[Step]) -> std::io::Result<()> {
    for step in steps {
        match step {
            Step::Says(text) => stream.write_all(text.as_bytes())?,
            Step::Hears(text) => {
                let mut heard = vec![0; text.len()];
                stream.read_exact(&mut heard)?;
                assert_eq!(heard, text.as_bytes());
            }
            Step::Repeats(text) => loop {
                stream.write_all(text.as_bytes())?;
            },
            Step::Drips => loop {
                stream.write_all(b"2")?;
                thread::sleep(Duration::from_millis(50));
            },
            Step::Holds => stream.read(&mut [0]).map(drop)?,
            Step::Resets => SockRef::from(&*stream).set_linger(Some(Duration::ZERO))?,
        }
    }
    Ok(())
}

/// Serves one client; true when it got to the end.
pub(crate) fn dialogue_server(steps: &'static [Step]) -> (SocketAddr, thread::JoinHandle<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        play(&mut stream, steps).is_ok()
    });
    (address, served)
}

fn smtp(target: SocketAddr) -> Probe {
    Probe::Smtp(Box::new(SmtpCheck {
        connect: Connect::to(target),
        helo: "me.example".into(),
    }))
}

const HELO: Step = Step::Hears("HELO me.example\r\n");
const QUIT: Step = Step::Hears("QUIT\r\n");
const GREETS: Step = Step::Says("220 mail.example ESMTP\r\n");

#[test]
fn mail_servers_are_judged_by_their_first_words() {
    let said = |text: &str| Err(CheckFailure::Said(text.into()));
    let closed = || Err(CheckFailure::Closed);
    let cases: [(&'static [Step], Result<(), CheckFailure>); 12] = [
        (&[GREETS, HELO, Step::Says("250 hello\r\n"), QUIT], Ok(())),
        (&[GREETS, HELO, Step::Says("250 bare\n"), QUIT], Ok(())),
        (&[Step::Says("220 a\r\n250 b\r\n"), HELO, QUIT], Ok(())),
        (
            &[GREETS, HELO, Step::Says("250 hello\r\n"), Step::Resets],
            Ok(()),
        ),
        (&[Step::Says("554 go away\r\n")], said("554 go away")),
        (&[Step::Says("220-one\r\n220 two\r\n")], said("220-one")),
        (
            &[GREETS, HELO, Step::Says("502 what\r\n")],
            said("502 what"),
        ),
        (&[Step::Says("\r\n220 late\r\n")], said("")),
        (&[], closed()),
        (&[Step::Says("220 mail")], closed()),
        (&[GREETS, HELO, Step::Resets], closed()),
        (
            &[Step::Repeats("220 without an end")],
            Err(CheckFailure::TooLong),
        ),
    ];
    for (steps, expected) in cases {
        let (target, served) = dialogue_server(steps);
        assert_eq!(ask(&smtp(target), LONG), expected, "{steps:?}");
        let ended = served.join().unwrap();
        assert!(ended || expected.is_err(), "{steps:?}");
    }
}

#[test]
fn silent_mail_servers_cost_their_time_and_no_more() {
    let cases: [&'static [Step]; 4] = [
        &[Step::Holds],
        &[Step::Says("220 mail"), Step::Holds],
        &[GREETS, HELO, Step::Holds],
        &[Step::Drips],
    ];
    for steps in cases {
        let (target, start) = (dialogue_server(steps).0, Instant::now());
        assert_eq!(
            ask(&smtp(target), SHORT),
            Err(CheckFailure::Timeout),
            "{steps:?}"
        );
        assert!(start.elapsed() < SHORT * 10, "{steps:?}");
    }
}

/// Answers every datagram with what `reply` makes of it, as many as it says.
fn datagrams(reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            for answer in reply(&buffer[..length]) {
                // a client that is gone is the client's choice
                let _gone = socket.send_to(&answer, from);
            }
        }
    });
    address
}

/// Where nobody listens.
fn closed_port() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

fn dns(target: SocketAddr) -> Probe {
    Probe::Dns(Box::new(DnsCheck {
        connect: Connect::to(target),
        name: "www.example.org".into(),
        kind: 1,
    }))
}

/// The query as an answer with this code.
fn answer(query: &[u8], rcode: u8) -> Vec<u8> {
    let mut bytes = query.to_vec();
    (bytes[2], bytes[3]) = (0x81, 0x80 | rcode);
    bytes
}

#[test]
fn name_servers_are_judged_by_the_code_of_the_right_answer() {
    let good = datagrams(|query| vec![answer(query, 0)]);
    assert_eq!(ask(&dns(good), LONG), Ok(()));
    let empty = datagrams(|query| vec![answer(query, 0)[..12].to_vec()]);
    assert_eq!(ask(&dns(empty), LONG), Ok(()));
    for rcode in 1..16 {
        let bad = datagrams(move |query| vec![answer(query, rcode)]);
        assert_eq!(ask(&dns(bad), LONG), Err(CheckFailure::Rcode(rcode)));
    }
    // forged ones, cut off ones and the question itself come first
    let late = datagrams(|query| {
        let mut other = answer(query, 0);
        other[0] ^= 1;
        let right = answer(query, 3);
        vec![
            other,
            right[..11].to_vec(),
            Vec::new(),
            query.to_vec(),
            vec![0; 60_000],
            right,
        ]
    });
    assert_eq!(ask(&dns(late), LONG), Err(CheckFailure::Rcode(3)));
    assert_eq!(
        ask(&dns(closed_port()), LONG),
        Err(CheckFailure::Refused(111))
    );
}

#[test]
fn a_flood_of_wrong_answers_ends_in_time() {
    let silent = datagrams(|_| Vec::new());
    let flood = datagrams(|query| {
        let mut other = answer(query, 0);
        other[1] ^= 1;
        vec![other; 2000]
    });
    for target in [silent, flood] {
        let start = Instant::now();
        assert_eq!(ask(&dns(target), SHORT), Err(CheckFailure::Timeout));
        assert!(start.elapsed() < SHORT * 10);
    }
}

fn udp(target: SocketAddr, reply: Option<Reply>) -> Probe {
    Probe::Udp(Box::new(UdpCheck {
        connect: Connect::to(target),
        payload: b"hello".to_vec(),
        reply,
    }))
}

#[test]
fn datagrams_may_be_unanswered_and_not_refused() {
    let begins: Vec<(u8, u8)> = b"HELLO".iter().map(|byte| (*byte, 0xdf)).collect();
    let reply = |least, most| {
        let begins = begins.clone();
        Some(Reply {
            begins,
            least,
            most,
        })
    };
    let echo = datagrams(|asked| vec![asked.to_vec()]);
    let silent = datagrams(|_| Vec::new());
    let endless = datagrams(|asked| vec![asked.repeat(300)]);
    assert_eq!(ask(&udp(echo, None), LONG), Ok(()));
    assert_eq!(ask(&udp(silent, None), SHORT), Ok(()));
    assert_eq!(
        ask(&udp(closed_port(), None), LONG),
        Err(CheckFailure::Refused(111))
    );
    assert_eq!(ask(&udp(echo, reply(0, 255)), LONG), Ok(()));
    let wrong = |length| Err(CheckFailure::Reply(length));
    assert_eq!(ask(&udp(echo, reply(6, 255)), LONG), wrong(5));
    assert_eq!(ask(&udp(endless, reply(0, 255)), LONG), wrong(1500));
    assert_eq!(
        ask(&udp(silent, reply(0, 255)), SHORT),
        Err(CheckFailure::Timeout)
    );
    let empty = datagrams(|_| vec![Vec::new()]);
    assert_eq!(ask(&udp(empty, reply(0, 255)), LONG), wrong(0));
}

#[test]
fn loopback_answers_ping() {
    for address in ["127.0.0.1", "::1"] {
        let target = SocketAddr::new(address.parse().unwrap(), 80);
        match ask(&Probe::Ping(Connect::to(target)), LONG) {
            // a user without rights, or no IPv6 on this machine
            Ok(()) | Err(CheckFailure::Local(1 | 13 | 97 | 99)) => {}
            Err(other) => panic!("{address}: {other:?}"),
        }
    }
}
