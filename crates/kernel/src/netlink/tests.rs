//! Against the generic-netlink controller, which every kernel has and every user may ask.

use super::{Batch, NetlinkError, NetlinkSocket};
use holdfast_plan::Outcome;
use netlink_packet_generic::GenlMessage;
use netlink_packet_generic::constants::GENL_ID_CTRL;
use netlink_packet_generic::ctrl::nlas::GenlCtrlAttrs;
use netlink_packet_generic::ctrl::{GenlCtrl, GenlCtrlCmd};
use netlink_sys::protocols::NETLINK_GENERIC;

fn socket() -> NetlinkSocket {
    NetlinkSocket::open(NETLINK_GENERIC).unwrap()
}

fn family(name: &str) -> GenlMessage<GenlCtrl> {
    GenlMessage::from_payload(GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: vec![GenlCtrlAttrs::FamilyName(name.to_owned())],
    })
}

fn batch(names: &[&str]) -> Batch {
    let mut batch = Batch::with_capacity(names.len());
    for name in names {
        batch.push(GENL_ID_CTRL, 0, &family(name));
    }
    batch
}

#[test]
fn one_question_one_answer() {
    let mut socket = socket();
    let answer = socket.get(GENL_ID_CTRL, &family("nlctrl"), |bytes| Ok(bytes.len()));
    assert!(answer.unwrap().is_some_and(|length| length > 20));
    let refused = socket.get(GENL_ID_CTRL, &family("no such"), |_| Ok(()));
    assert!(matches!(refused, Err(NetlinkError::Refused(libc::ENOENT))));
}

#[test]
fn a_dump_ends_and_an_error_in_it_does_not_spoil_the_next() {
    let mut socket = socket();
    let question = GenlMessage::from_payload(GenlCtrl {
        cmd: GenlCtrlCmd::GetFamily,
        nlas: Vec::new(),
    });
    let broken = socket.dump(GENL_ID_CTRL, &question, |_| {
        Err::<(), _>(NetlinkError::Malformed("test".to_owned()))
    });
    assert!(matches!(broken, Err(NetlinkError::Malformed(_))));
    let families = socket.dump(GENL_ID_CTRL, &question, |bytes| Ok(bytes.len()));
    assert!(families.unwrap().len() > 1);
}

#[test]
fn a_batch_tells_which_failed() {
    let mut socket = socket();
    assert_eq!(
        batch(&["nlctrl", "no such", "nlctrl", "nor this"]).run(&mut socket),
        Outcome::Known(vec![(1, libc::ENOENT), (3, libc::ENOENT)])
    );
    assert_eq!(
        batch(&["no such", "nlctrl"]).run(&mut socket),
        Outcome::Known(vec![(0, libc::ENOENT)])
    );
    assert_eq!(batch(&[]).run(&mut socket), Outcome::Known(Vec::new()));
    let all = ["no such"; holdfast_plan::MAX_BATCH];
    let Outcome::Known(failed) = batch(&all).run(&mut socket) else {
        panic!("256 errors fit the receive buffer");
    };
    assert_eq!(failed.len(), holdfast_plan::MAX_BATCH);
}

#[test]
fn a_batch_beyond_the_buffers_is_unknown_and_the_socket_still_works() {
    let mut socket = socket();
    let outcome = batch(&["no such"; 20_000]).run(&mut socket);
    assert_eq!(outcome, Outcome::Unknown(libc::EMSGSIZE));
    // More errors than the receive buffer holds: the last answer is lost.
    let outcome = batch(&["no such"; 2_000]).run(&mut socket);
    assert_eq!(outcome, Outcome::Unknown(libc::ENOBUFS));
    let answer = socket.get(GENL_ID_CTRL, &family("nlctrl"), |_| Ok(()));
    assert!(answer.unwrap().is_some());
}
