//! The address of an interface for a packet socket (packet(7), sockaddr_ll).

use nix::sys::socket::{LinkAddr, SockaddrLike as _};

/// "Out of this interface", or what comes in there (0: anywhere), of that protocol (linux/if_ether.h);
/// the frame itself says to whom. `None` never happens: the family fits.
#[expect(unsafe_code, reason = "nix 0.31 has no constructor for LinkAddr")]
pub(super) fn of(index: u32, protocol: i32) -> Option<LinkAddr> {
    let raw = libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: u16::try_from(protocol).unwrap_or_default().to_be(),
        sll_ifindex: index.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [0xff; 8],
    };
    let length = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).unwrap_or_default();
    // SAFETY: the pointer is to a whole sockaddr_ll on this stack frame, its length is passed
    // along, and its family is the one that LinkAddr checks for.
    unsafe { LinkAddr::from_raw((&raw const raw).cast(), Some(length)) }
}
