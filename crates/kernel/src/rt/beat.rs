//! Is a link there? Asked by ioctl(2), for drivers that do not tell (netdevice(7), linux/mii.h,
//! linux/ethtool.h).

use holdfast_model::{Beat, IfName};
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd as _;

/// Registers 1, basic mode status; the bit of a link that is there.
const STATUS_REGISTER: u16 = 1;
const LINK_STATUS: u16 = 0x0004;
const SIOCGMIIPHY: libc::Ioctl = 0x8947;
const SIOCGMIIREG: libc::Ioctl = 0x8948;
const SIOCETHTOOL: libc::Ioctl = 0x8946;
const ETHTOOL_GLINK: u32 = 0x0a;

/// linux/mii.h: `mii_ioctl_data`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Mii {
    phy: u16,
    register: u16,
    input: u16,
    output: u16,
}

/// linux/ethtool.h: `ethtool_value`.
#[repr(C)]
struct Value {
    command: u32,
    data: u32,
}

/// `ifreq`: a name, then 24 bytes of which each request has its own view.
#[repr(C)]
struct Request<T> {
    name: [u8; libc::IFNAMSIZ],
    data: T,
}

/// The whole of the kernel's `ifreq` union, whatever part is used.
#[repr(C)]
union Mixed {
    mii: Mii,
    flags: libc::c_short,
    pointer: *mut Value,
    room: [u64; 3],
}

/// Asks one link.
///
/// # Errors
/// EOPNOTSUPP or EINVAL when its driver cannot be asked so, ENODEV when it is gone.
pub fn is_up(link: &IfName, beat: Beat) -> io::Result<bool> {
    // any socket of this network namespace will do
    let socket = UdpSocket::bind(("0.0.0.0", 0))?;
    match beat {
        Beat::Mii => {
            let mut request = request(link, Mixed { room: [0; 3] });
            call(&socket, SIOCGMIIPHY, &mut request)?;
            let mut mii = mii(&request);
            mii.register = STATUS_REGISTER;
            request.data = Mixed { mii };
            call(&socket, SIOCGMIIREG, &mut request)?;
            Ok(self::mii(&request).output & LINK_STATUS != 0)
        }
        Beat::Ethtool => {
            let mut value = Value {
                command: ETHTOOL_GLINK,
                data: 0,
            };
            let pointer = &raw mut value;
            call(&socket, SIOCETHTOOL, &mut request(link, Mixed { pointer }))?;
            Ok(value.data != 0)
        }
        Beat::Flags => {
            let mut request = request(link, Mixed { room: [0; 3] });
            call(&socket, libc::SIOCGIFFLAGS, &mut request)?;
            let wanted = libc::IFF_UP | libc::IFF_RUNNING;
            Ok(i32::from(flags(&request)) & wanted == wanted)
        }
    }
}

fn request(link: &IfName, data: Mixed) -> Request<Mixed> {
    let mut name = [0; libc::IFNAMSIZ];
    for (to, from) in name.iter_mut().zip(link.as_str().bytes()) {
        *to = from;
    }
    Request { name, data }
}

#[expect(unsafe_code, reason = "neither std nor nix has these requests")]
fn call(socket: &UdpSocket, kind: libc::Ioctl, request: &mut Request<Mixed>) -> io::Result<()> {
    // SAFETY: each request reads and writes an `ifreq`, which this is, of its whole size; where it
    // holds a pointer, that is to a whole `ethtool_value` that outlives the call.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), kind, &raw mut *request) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

#[expect(unsafe_code, reason = "a union is read")]
const fn mii(request: &Request<Mixed>) -> Mii {
    // SAFETY: four numbers; every pattern of bits is some, and all of the union was written.
    unsafe { request.data.mii }
}

#[expect(unsafe_code, reason = "a union is read")]
const fn flags(request: &Request<Mixed>) -> libc::c_short {
    // SAFETY: a number; every pattern of bits is one, and all of the union was written.
    unsafe { request.data.flags }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface_is_up_and_a_stranger_is_nowhere() {
        let name = |name| IfName::new(name).expect("name");
        assert!(is_up(&name("lo"), Beat::Flags).expect("flags"));
        assert!(is_up(&name("lo"), Beat::Ethtool).expect("its driver answers"));
        let error = is_up(&name("lo"), Beat::Mii).expect_err("it has no PHY");
        assert_eq!(error.raw_os_error(), Some(libc::EOPNOTSUPP));
        let error = is_up(&name("nowhere0"), Beat::Flags).expect_err("there is none");
        assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
    }
}
