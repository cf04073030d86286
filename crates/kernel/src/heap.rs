//! How this process gets its memory.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What glibc reads its settings from, at the start of a process only (GNU C Library Reference Manual, "Tunables").
const TUNABLES: &str = "GLIBC_TUNABLES";

/// Files from here on are worth a second start.
const LARGE: u64 = 4 << 20;

/// For a process that is about to read so many bytes, and to build as much of them: from a few
/// megabytes on it starts itself anew with its heap in large pages (madvise(2), MADV_HUGEPAGE).
/// Each page that is touched first costs microseconds, in a virtual machine above all: of a file
/// of 18 MB 15,400 pages become 2,000, and a sixth of the time goes. Returns when there is nothing
/// to be gained; call before anything is opened.
///
/// # Errors
/// The program could not be started again. It may go on as it is.
pub fn in_large_pages(bytes: u64) -> io::Result<()> {
    let told = std::env::var_os(TUNABLES).is_some();
    if bytes < LARGE || told || !cfg!(target_env = "gnu") {
        return Ok(());
    }
    let mut arguments = std::env::args_os();
    let mut again = Command::new("/proc/self/exe");
    again.arg0(arguments.next().unwrap_or_default());
    again.env(TUNABLES, "glibc.malloc.hugetlb=1");
    Err(again.args(arguments).exec())
}

/// glibc gives each thread a heap of its own and lets it grow by single pages, one call to the
/// kernel each. A worker has few threads and one large table: one heap, grown in large steps, is
/// cheaper. Call before the first thread starts; other C libraries have no such setting.
#[expect(unsafe_code, reason = "mallopt is a function of the C library")]
pub fn shared_by_threads() {
    #[cfg(target_env = "gnu")]
    {
        const STEP: libc::c_int = 4 << 20;
        // SAFETY: mallopt takes two numbers and changes only the allocator's own settings; a
        // setting that it does not know is ignored (mallopt(3)).
        unsafe {
            let _one = libc::mallopt(libc::M_ARENA_MAX, 1);
            let _step = libc::mallopt(libc::M_TOP_PAD, STEP);
        }
    }
}
