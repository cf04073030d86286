//! What the kernel's error numbers mean for each command.

use crate::command::Command;

const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const ENOMEM: i32 = 12;
const EACCES: i32 = 13;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const ERANGE: i32 = 34;
const EOPNOTSUPP: i32 = 95;
const EPROTONOSUPPORT: i32 = 93;
const EAFNOSUPPORT: i32 = 97;
const EADDRNOTAVAIL: i32 = 99;

/// What it means that the kernel refused `command`, and what to do; `None` for what only the
/// system's own words can say.
pub fn refusal(command: &Command, errno: i32) -> Option<&'static str> {
    use Command as C;
    let text = match (command, errno) {
        (C::AddService(_), EEXIST) => "the service stands already: change it with -E",
        (C::AddService(_) | C::EditService(_), ENOENT) => {
            "the kernel has no such scheduler (-s) or persistence engine (--pe): see `modprobe \
            ip_vs_NAME`, `modprobe ip_vs_pe_NAME`"
        }
        (C::AddServer(..), EEXIST) => "the service has this real server already: change it with -e",
        (C::EditServer(..) | C::DeleteServer(..), ENOENT) => {
            "the service has no such real server: see `ipvsadm -Ln`"
        }
        (C::AddServer(..) | C::EditServer(..) | C::DeleteServer(..), ESRCH) => {
            "there is no such service: add it with -A"
        }
        (C::EditService(_) | C::DeleteService(_) | C::Zero(_) | C::List(..), ESRCH) => {
            "there is no such service: see `ipvsadm -Ln`"
        }
        (C::StartDaemon(_), EEXIST) => "a sync daemon of this role runs already",
        (C::StopDaemon(_), ESRCH) => "no sync daemon of this role runs",
        (C::StartDaemon(_), ENODEV) => "there is no such interface (--mcast-interface)",
        (C::StartDaemon(_), EADDRNOTAVAIL) => "the interface has no address to send from",
        (C::StartDaemon(_), EINVAL) => {
            "the interface must be up and able to multicast, --sync-maxlen must hold a message, \
            and the group's family must be known to the kernel"
        }
        (C::AddServer(..) | C::EditServer(..), ERANGE) => {
            "the weight is below 0, or -y is above -x"
        }
        (C::AddServer(..) | C::EditServer(..), EINVAL) => {
            "the address must be unicast, the forwarding method and the tunnel must be known to \
            the kernel"
        }
        (_, EPERM | EACCES) => "not permitted: this needs root (CAP_NET_ADMIN)",
        (_, EINVAL) => {
            "the kernel takes no such combination (address not unicast, port 0 without -p, a mask \
            with holes, ...)"
        }
        (_, ENOMEM) => "the kernel has no memory for it",
        (_, EOPNOTSUPP) => "the kernel does not do this for IPv6",
        (_, EPROTONOSUPPORT) => "the kernel's IPVS has no such protocol",
        (_, EAFNOSUPPORT) => "the kernel's IPVS has no such address family",
        _ => return None,
    };
    Some(text)
}
