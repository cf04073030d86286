//! A kernel's table made of commands, and names that never change.
#![allow(dead_code, reason = "each test file uses what it needs")]

use holdfast_ipvs::{Load, ServiceId, Stats};
use holdfast_ipvsadm::{Command, Entry, Names, UsageError, lines, parse};
use std::net::{IpAddr, Ipv4Addr};

/// A small /etc/hosts and /etc/services.
pub(crate) struct Book;

impl Names for Book {
    fn address(&self, host: &str) -> Option<Ipv4Addr> {
        (host == "www").then_some(Ipv4Addr::new(10, 0, 0, 1))
    }

    fn port(&self, service: &str, protocol: u16) -> Option<u16> {
        match (service, protocol) {
            ("http", 6) => Some(80),
            ("domain", 17) => Some(53),
            _ => None,
        }
    }

    fn host(&self, address: IpAddr) -> Option<String> {
        let name = match address.to_string().as_str() {
            "10.0.0.1" => "www",
            "10.0.0.2" => "a-real-server-with-a-long-name.example.org",
            "fd00::3" => "six.with-a-name-that-is-longer-than-the-room-there-is.example.org",
            _ => return None,
        };
        Some(name.to_owned())
    }

    fn service(&self, port: u16, protocol: u16) -> Option<String> {
        match (port, protocol) {
            (80, 6) => Some("http".to_owned()),
            (53, 17) => Some("domain".to_owned()),
            _ => None,
        }
    }
}

/// What a line of words asks.
pub(crate) fn asked(line: &str) -> Result<Command, UsageError> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    parse(&words, &Book)
}

/// The table after the commands of `text`.
pub(crate) fn table(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in lines(text) {
        let command = parse(&line.words, &Book);
        match command.unwrap_or_else(|error| panic!("line {}: {error}", line.number)) {
            Command::AddService(service) => entries.push(Entry {
                service,
                stats: Stats::default(),
                destinations: Vec::new(),
            }),
            Command::AddServer(id, server) => {
                find(&mut entries, id)
                    .destinations
                    .push((server, Load::default()));
            }
            other => panic!("{other:?} is none of a table's commands"),
        }
    }
    entries
}

/// The entry of a service.
pub(crate) fn find(entries: &mut [Entry], id: ServiceId) -> &mut Entry {
    let found = entries.iter_mut().find(|entry| entry.service.id == id);
    found.unwrap_or_else(|| panic!("no {id:?}"))
}
