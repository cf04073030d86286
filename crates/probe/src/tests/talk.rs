//! TCP_CHECK with `send` and `expect`.

use crate::misbehaviour::{LONG, SHORT, Step, ask, dialogue_server};
use core::net::SocketAddr;
use holdfast_model::event::CheckFailure;
use holdfast_model::{BodyMatch, Connect, Probe, TalkCheck};
use std::time::Instant;

fn talk(target: SocketAddr, send: &str, expect: Option<&str>) -> Probe {
    Probe::Talk(Box::new(TalkCheck {
        connect: Connect::to(target),
        send: send.into(),
        expect: expect.map(|pattern| {
            Box::new(BodyMatch {
                pattern: pattern.into(),
                ..BodyMatch::default()
            })
        }),
    }))
}

/// What the server does, what it is told, what it has to say, and the verdict.
type Case = (
    &'static [Step],
    &'static str,
    Option<&'static str>,
    Result<(), CheckFailure>,
);

#[test]
fn what_has_to_come_comes_or_does_not() {
    use Step::{Hears, Holds, Resets, Says};
    let said = |text: &str| Err(CheckFailure::Said(text.into()));
    let cases: [Case; 10] = [
        (
            &[Hears("PING\r\n"), Says("+PONG\r\n"), Holds],
            "PING\r\n",
            Some(r"\+PONG"),
            Ok(()),
        ),
        // greets before it is asked, in two pieces
        (
            &[Says("* O"), Says("K IMAP"), Holds],
            "",
            Some("^\\* OK"),
            Ok(()),
        ),
        (&[Says("-ERR no\r\n")], "", Some(r"^\+OK"), said("-ERR no")),
        (&[Says("")], "", Some("x"), Err(CheckFailure::Closed)),
        (&[Resets], "", Some("x"), Err(CheckFailure::Closed)),
        // the end of the answer is part of the question
        (&[Says("well")], "", Some("well$"), Ok(())),
        (&[Says("wellness")], "", Some("well$"), said("wellness")),
        // nothing has to come
        (&[Hears("QUIT"), Holds], "QUIT", None, Ok(())),
        (&[Holds], "", None, Ok(())),
        // it speaks and hears nothing
        (&[Says("+OK"), Holds], "PING", Some(r"\+OK"), Ok(())),
    ];
    for (steps, send, expect, verdict) in cases {
        let (target, _server) = dialogue_server(steps);
        let result = match ask(&talk(target, send, expect), LONG) {
            // ECONNRESET: it can come before the connection has been seen to stand
            Err(CheckFailure::Refused(104)) => Err(CheckFailure::Closed),
            result => result,
        };
        assert_eq!(result, verdict, "{steps:?}, {send:?}, {expect:?}");
    }
}

#[test]
fn no_server_holds_it_longer_than_its_time_or_feeds_it_more_than_it_reads() {
    use Step::{Drips, Holds, Repeats, Says};
    let cases: [(&'static [Step], CheckFailure); 4] = [
        (&[Holds], CheckFailure::Timeout),
        (&[Says("+O"), Holds], CheckFailure::Timeout),
        (&[Drips], CheckFailure::Timeout),
        (&[Repeats("no no no no no no no no")], CheckFailure::TooLong),
    ];
    for (steps, failure) in cases {
        let (target, _server) = dialogue_server(steps);
        let wait = if failure == CheckFailure::Timeout {
            SHORT
        } else {
            LONG
        };
        let start = Instant::now();
        let result = ask(&talk(target, "", Some(r"\+OK")), wait);
        assert_eq!(result, Err(failure), "{steps:?}");
        assert!(start.elapsed() < LONG, "{steps:?}");
    }
}
