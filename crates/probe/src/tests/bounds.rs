//! Whatever a server does, its check ends.

use super::{LONG, SHORT, Server, get, url};
use holdfast_model::event::CheckFailure;
use std::time::Instant;

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
