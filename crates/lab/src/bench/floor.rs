//! What the kernel itself takes for a table: messages that were made before, 256 a sendmsg, nobody
//! waits for an answer but the last. No daemon writes it faster.

use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, recv, sendto, socket,
};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::time::Instant;

/// Messages a sendmsg.
const BATCH: usize = 256;
/// `GENL_ID_CTRL` of linux/genetlink.h.
const CONTROLLER: u16 = 0x10;
/// `NLM_F_REQUEST`, `NLM_F_ACK` of linux/netlink.h.
const REQUEST: u16 = 1;
const ACK: u16 = 4;
/// `IPVS_CMD_*` of linux/ip_vs.h.
const NEW_SERVICE: u8 = 1;
const NEW_DEST: u8 = 5;

/// Writes the rows of [`super::config`]; how many seconds it took.
///
/// # Errors
/// If the kernel refuses.
pub(super) fn floor(host: &Host, services: u32, servers: u32) -> Result<f64> {
    host.within(|| {
        let socket = open()?;
        let family = family(&socket)?;
        let rows = rows(family, services, servers);
        let start = Instant::now();
        for batch in rows.chunks(BATCH) {
            send(&socket, batch)?;
        }
        Ok(start.elapsed().as_secs_f64())
    })?
}

fn open() -> Result<OwnedFd> {
    let netlink = SockProtocol::NetlinkGeneric;
    let flags = SockFlag::SOCK_CLOEXEC;
    socket(AddressFamily::Netlink, SockType::Raw, flags, netlink).doing("netlink socket")
}

/// Sends them together and waits for the answer to the last.
fn send(socket: &OwnedFd, messages: &[Vec<u8>]) -> Result<Vec<u8>> {
    let mut bytes = messages.concat();
    let last = bytes.len() - messages.last().map_or(0, Vec::len);
    if let Some(flags) = bytes.get_mut(last + 6..last + 8) {
        flags.copy_from_slice(&(REQUEST | ACK).to_ne_bytes());
    }
    let kernel = NetlinkAddr::new(0, 0);
    sendto(socket.as_raw_fd(), &bytes, &kernel, MsgFlags::empty()).doing("write to the kernel")?;
    let mut answer = vec![0; 8192];
    let length = recv(socket.as_raw_fd(), &mut answer, MsgFlags::empty()).doing("netlink")?;
    answer.truncate(length);
    // NLMSG_ERROR with another number than 0
    let error = answer.get(16..20).filter(|_| answer.get(4) == Some(&2));
    match error {
        Some(number) if number != [0; 4] => Err(Error::Failed(format!(
            "the kernel refuses a row: {:?}",
            <[u8; 4]>::try_from(number).map(i32::from_ne_bytes)
        ))),
        _ => Ok(answer),
    }
}

/// The number of IPVS's family here (CTRL_CMD_GETFAMILY).
fn family(socket: &OwnedFd) -> Result<u16> {
    let name = attribute(2, b"IPVS\0");
    let answer = send(socket, &[message(CONTROLLER, 3, &name)])?;
    let mut rest = answer.get(20..).unwrap_or_default();
    while let [low, high, kind, _, ..] = *rest {
        let length = usize::from(u16::from_ne_bytes([low, high]));
        if kind == 1 {
            let value = rest.get(4..6).and_then(|value| value.try_into().ok());
            return value
                .map(u16::from_ne_bytes)
                .ok_or_else(|| Error::Failed("a family without a number".into()));
        }
        let next = length.max(4).next_multiple_of(4);
        rest = rest.get(next..).unwrap_or_default();
    }
    Err(Error::Failed("the kernel has no family IPVS".into()))
}

fn rows(family: u16, services: u32, servers: u32) -> Vec<Vec<u8>> {
    let each = |service: u32| {
        let key = nested(1, &service_key(service));
        let whole = nested(1, &[service_key(service), service_rest()].concat());
        let server = move |server: u32| {
            let body = [key.clone(), nested(2, &destination(service, server))];
            message(family, NEW_DEST, &body.concat())
        };
        let service = message(family, NEW_SERVICE, &whole);
        std::iter::once(service).chain((0..servers).map(server))
    };
    (0..services).flat_map(each).collect()
}

/// Family, protocol, address and port of a service.
fn service_key(service: u32) -> Vec<u8> {
    let mut address = [0; 16];
    let [.., high, low] = (service / 250 * 256 + service % 250 + 1).to_be_bytes();
    address[..4].copy_from_slice(&[10, high, 0, low]);
    [
        attribute(1, &2_u16.to_ne_bytes()),
        attribute(2, &6_u16.to_ne_bytes()),
        attribute(3, &address),
        attribute(4, &80_u16.to_be_bytes()),
    ]
    .concat()
}

/// Scheduler, flags, timeout and mask.
fn service_rest() -> Vec<u8> {
    [
        attribute(6, b"wlc\0"),
        attribute(7, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
        attribute(8, &0_u32.to_ne_bytes()),
        attribute(9, &u32::MAX.to_be_bytes()),
    ]
    .concat()
}

fn destination(service: u32, server: u32) -> Vec<u8> {
    let mut address = [0; 16];
    let [.., second] = (service / 250).to_be_bytes();
    let [.., third] = (service % 250).to_be_bytes();
    let [.., fourth] = (server % 250 + 1).to_be_bytes();
    address[..4].copy_from_slice(&[192, second, third, fourth]);
    let port = u16::try_from(80 + server / 250).unwrap_or_default();
    let words = [0_u32, 1, 0, 0].map(u32::to_ne_bytes);
    let words = (3..).zip(words).map(|(kind, word)| attribute(kind, &word));
    [
        attribute(1, &address),
        attribute(2, &port.to_be_bytes()),
        words.collect::<Vec<_>>().concat(),
        attribute(11, &2_u16.to_ne_bytes()),
    ]
    .concat()
}

fn message(family: u16, command: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(20 + body.len()).unwrap_or_default();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(family.to_ne_bytes());
    bytes.extend(REQUEST.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend([command, 1, 0, 0]);
    bytes.extend(body);
    bytes
}

fn nested(kind: u16, body: &[u8]) -> Vec<u8> {
    attribute(kind | 0x8000, body)
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).unwrap_or_default();
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}
