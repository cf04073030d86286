//! Many virtual servers are read by two threads: what comes of it is what one makes of them.

use holdfast_config::{Both, compile_by};
use holdfast_model::HostFacts;
use holdfast_syntax::{Environment, Nothing, SourceMap, parse};
use std::fmt::Write as _;
use std::thread;

/// More than the number from which a second thread is asked.
const SERVERS: u32 = 900;

/// Plain ones, and between them all that is not.
fn text() -> String {
    let mut text = String::from("track_file above {\n file /tmp/above\n}\n");
    for n in 0..SERVERS {
        let address = format!("10.0.{}.{}", n / 250, n % 250);
        let line = match n % 23 {
            3 => "unheard_of word",
            5 => "delay_loop soon",
            7 => "ha_suspend",
            9 => "quorum_up /usr/local/bin/told",
            11 => "quorum 40",
            _ => "delay_loop 6",
        };
        let check = match n % 19 {
            2 => "MISC_CHECK {\n misc_path \"/usr/local/bin/ask it\"\n }",
            4 => "FILE_CHECK {\n track_file above\n }",
            6 => "FILE_CHECK {\n track_file below\n }",
            8 => "TCP_CHECK {\n connect_port 0\n }",
            10 => "HTTP_GET {\n url {\n path /\n regex (\n }\n }",
            12 => "snmp_name x",
            _ => "TCP_CHECK {\n connect_timeout 3\n }",
        };
        let head = match n % 29 {
            1 => "group g".to_owned(),
            // one that stands there already
            13 => "10.0.0.0 80".to_owned(),
            17 => "fwmark 7".to_owned(),
            _ => format!("{address} 80"),
        };
        let _ = writeln!(
            text,
            "virtual_server {head} {{\n {line}\n lb_algo rr\n lb_kind NAT\n protocol TCP\n \
             real_server 192.0.2.{} 80 {{\n notify_up /usr/local/bin/up{}\n {check}\n }}\n}}",
            n % 250,
            n % 3
        );
        if n == SERVERS / 2 {
            text += "track_file below {\n file /tmp/below\n}\n";
        }
    }
    text + "virtual_server_group g {\n 10.1.0.1 80\n}\n"
}

fn compiled(text: &str, both: Both<'_>) -> String {
    let mut sources = SourceMap::single("many.conf", text.as_bytes());
    let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
    format!(
        "{:#?}",
        compile_by(&tree, read, &HostFacts::default(), both)
    )
}

#[test]
fn two_make_what_one_makes() {
    let text = text();
    let alone = compiled(&text, &|_, _| {});
    let together = compiled(&text, &|first, second| {
        thread::scope(|scope| {
            scope.spawn(second);
            first();
        });
    });
    let differs = alone
        .lines()
        .zip(together.lines())
        .find(|(one, two)| one != two);
    assert_eq!(differs, None);
    assert_eq!(alone.len(), together.len());
}
