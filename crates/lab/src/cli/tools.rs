//! The small programs, for use by hand in a namespace (`ip netns exec ...`).

use crate::error::{Doing as _, Error, Result};
use crate::traffic::request;
use crate::wire::{Forged, forge};
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::time::{Duration, Instant};

pub(super) fn run(verb: &str, words: &[&str]) -> Result<bool> {
    match (verb, words) {
        ("serve", [port, name]) => serve(number(port)?, Some((*name).to_owned())),
        ("echo", [port]) => serve(number(port)?, None),
        ("load", [target]) => load(target, 10),
        ("load", [target, seconds]) => load(target, number(seconds)?.into()),
        ("watch", []) => watch(10),
        ("watch", [seconds]) => watch(number(seconds)?.into()),
        ("inject", [source, vrid, vip, password, kind]) => {
            inject(source, vrid, vip, password, kind)
        }
        _ => Err(Error::Failed(format!("{verb}: see `holdfast-lab help`"))),
    }
}

fn number(word: &str) -> Result<u16> {
    word.parse()
        .map_err(|_| Error::Failed(format!("{word} is no number")))
}

fn serve(port: u16, name: Option<String>) -> Result<bool> {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).doing("listen")?;
    for connection in listener.incoming().flatten() {
        let name = name.clone();
        std::thread::spawn(move || match name {
            Some(name) => answer(connection, &name),
            None => echo(connection),
        });
    }
    Ok(true)
}

fn answer(mut connection: TcpStream, name: &str) {
    let mut request = [0_u8; 4096];
    let _length = connection.read(&mut request);
    let length = name.len();
    let head = format!("HTTP/1.0 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let _gone = connection.write_all(head.as_bytes());
    let _gone = connection.write_all(name.as_bytes());
}

fn echo(mut connection: TcpStream) {
    let mut buffer = [0_u8; 4096];
    while let Ok(length @ 1..) = connection.read(&mut buffer) {
        if connection
            .write_all(buffer.get(..length).unwrap_or_default())
            .is_err()
        {
            return;
        }
    }
}

fn load(target: &str, seconds: u64) -> Result<bool> {
    let target: SocketAddrV4 = target
        .parse()
        .map_err(|_| Error::Failed(format!("{target} is no ADDRESS:PORT")))?;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let at = start.elapsed().as_secs_f64();
        let begun = Instant::now();
        let outcome = request(Ipv4Addr::UNSPECIFIED, target, Duration::from_secs(1));
        let took = begun.elapsed().as_secs_f64();
        match outcome {
            Ok(body) => println!("{{\"at\":{at:.3},\"took\":{took:.3},\"server\":{body:?}}}"),
            Err(error) => {
                let text = error.to_string();
                println!("{{\"at\":{at:.3},\"took\":{took:.3},\"error\":{text:?}}}");
            }
        }
        std::thread::sleep(Duration::from_millis(50).saturating_sub(begun.elapsed()));
    }
    Ok(true)
}

fn watch(seconds: u64) -> Result<bool> {
    let start = Instant::now();
    let mut before = Vec::new();
    let all = Protocol::from(i32::from(0x0003_u16.to_be()));
    let mut socket = Socket::new(Domain::PACKET, Type::RAW, Some(all)).doing("packet socket")?;
    socket
        .set_read_timeout(Some(Duration::from_millis(10)))
        .doing("packet socket")?;
    let mut buffer = [0_u8; 2048];
    while start.elapsed() < Duration::from_secs(seconds) {
        let length = socket.read(&mut buffer).unwrap_or_default();
        let at = start.elapsed().as_secs_f64();
        if let Some(frame) = buffer.get(..length).and_then(crate::wire::frame) {
            println!("{{\"at\":{at:.4},\"frame\":{:?}}}", format!("{frame:?}"));
        }
        let now = crate::net::host_addresses()?;
        if now != before {
            println!("{{\"at\":{at:.4},\"addresses\":{:?}}}", format!("{now:?}"));
            before = now;
        }
    }
    Ok(true)
}

fn inject(source: &str, vrid: &str, vip: &str, password: &str, kind: &str) -> Result<bool> {
    let address = |word: &str| {
        word.parse::<Ipv4Addr>()
            .map_err(|_| Error::Failed(format!("{word} is no address")))
    };
    let vrid = vrid
        .parse()
        .map_err(|_| Error::Failed(format!("{vrid} is no VRID")))?;
    let source = address(source)?;
    let mut forged = Forged::better(source, vrid, address(vip)?, password);
    match kind {
        "good" => {}
        "short" => forged.cut = 4,
        "long" => forged.extra = 4,
        "checksum" => forged.checksum_error = 1,
        "ttl" => forged.ttl = 64,
        "password" => forged.password = b"guessed!".to_vec(),
        "vrid" => forged.vrid = forged.vrid.wrapping_add(1),
        other => return Err(Error::Failed(format!("{other} is no kind of advert"))),
    }
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112)))
        .and_then(|socket| {
            socket.set_header_included_v4(true)?;
            socket.set_multicast_if_v4(&source)?;
            Ok(socket)
        })
        .doing("raw socket")?;
    let to = SocketAddrV4::new(Ipv4Addr::new(224, 0, 0, 18), 0);
    socket.send_to(&forge(&forged), &to.into()).doing("send")?;
    Ok(true)
}
