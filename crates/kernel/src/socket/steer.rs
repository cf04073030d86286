//! Two sockets of one port: which of them a packet goes to.

use socket2::Socket;
use std::io;
use std::os::fd::AsRawFd as _;

/// Instructions of a program, at most (linux/bpf_common.h).
const LONGEST: usize = 4096;

/// Sends packets that name one of these sessions to the first socket that was bound to the port,
/// all others to the second. Both must have `SO_REUSEPORT`; byte 0 of the program is the payload's.
///
/// # Errors
/// What the kernel says.
pub(super) fn by_discriminator(socket: &Socket, discriminators: &[u32]) -> io::Result<()> {
    let instruction = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt,
        jf,
        k,
    };
    let ret = libc::BPF_RET | libc::BPF_K;
    let load = libc::BPF_LD | libc::BPF_W;
    let mut program = vec![
        // a load beyond the end would end the program with 0
        instruction(load | libc::BPF_LEN, 0, 0, 0),
        instruction(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, 1, 0, 24),
        instruction(ret, 0, 0, 1),
        // RFC 5880 s4.1: Your Discriminator
        instruction(load | libc::BPF_ABS, 0, 0, 8),
    ];
    let most = (LONGEST - 8) / 2;
    if discriminators.len() <= most {
        for discriminator in discriminators {
            let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
            program.push(instruction(equals, 0, 1, *discriminator));
            program.push(instruction(ret, 0, 0, 0));
        }
        program.push(instruction(ret, 0, 0, 1));
    } else {
        program.push(instruction(ret, 0, 0, 0));
    }
    attach(socket, &mut program)
}

#[expect(unsafe_code, reason = "neither nix nor socket2 has this option")]
fn attach(socket: &Socket, program: &mut [libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog {
        len: u16::try_from(program.len()).unwrap_or_default(),
        filter: program.as_mut_ptr(),
    };
    let size = libc::socklen_t::try_from(size_of::<libc::sock_fprog>()).unwrap_or_default();
    // SAFETY: the kernel reads `size` bytes of a `sock_fprog`, and as many instructions as it says
    // from where it points to; both live until the call has returned, and it keeps a copy.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_REUSEPORT_CBPF,
            (&raw const program).cast(),
            size,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
