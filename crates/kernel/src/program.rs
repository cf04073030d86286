//! What of the program's own files this process keeps mapped.

use libc::{PF_W, PT_LOAD, c_int, c_void, dl_phdr_info, size_t};
use nix::unistd::{SysconfVar, sysconf};

/// Gives back the pages of the program and its libraries that are only read: code, tables, constants. Most
/// of what a process maps of them its start needed, and only that. The pages stay in the kernel's
/// page cache; what is needed again comes back with the next look at it, without the disk. Where
/// memory is locked (`*_no_swap`) nothing happens.
pub fn unload() {
    #[expect(unsafe_code, reason = "dl_iterate_phdr is a function of the C library")]
    // SAFETY: the function calls `give_back` with each object of this process and ends; no object
    // goes while it runs, since it holds the loader's lock (dl_iterate_phdr(3)).
    unsafe {
        libc::dl_iterate_phdr(Some(give_back), core::ptr::null_mut());
    }
}

#[expect(unsafe_code, reason = "called by the C library, with its pointers")]
unsafe extern "C" fn give_back(info: *mut dl_phdr_info, _: size_t, _: *mut c_void) -> c_int {
    let Ok(Some(page)) = sysconf(SysconfVar::PAGE_SIZE) else {
        return 0;
    };
    let page = page.unsigned_abs();
    // SAFETY: the C library hands out an object that is there for the time of this call, with as
    // many headers as it says.
    let (base, headers) = unsafe {
        let object = &*info;
        let count = usize::from(object.dlpi_phnum);
        let headers = core::slice::from_raw_parts(object.dlpi_phdr, count);
        (object.dlpi_addr, headers)
    };
    let read_only = |flags| flags & PF_W == 0;
    let parts = headers.iter();
    for part in parts.filter(|part| part.p_type == PT_LOAD && read_only(part.p_flags)) {
        let start = base.wrapping_add(part.p_vaddr);
        let end = start.wrapping_add(part.p_memsz);
        // whole pages: the last one may be another part's as well
        let (start, end) = (start.next_multiple_of(page), end / page * page);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        // SAFETY: the range is one part of an object of ours that is mapped from its file and
        // never written, not by the loader either (it has no PF_W): what comes back is what was there.
        unsafe {
            let _stays = libc::madvise(start as *mut c_void, length, libc::MADV_DONTNEED);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Of what this process maps and may run, what is in memory: kB.
    fn code() -> u64 {
        let maps = fs::read_to_string("/proc/self/smaps").expect("smaps");
        let mut counts = false;
        let mut sum = 0;
        for line in maps.lines() {
            match line.split_whitespace().collect::<Vec<_>>().as_slice() {
                [_range, rights, _offset, _device, inode, ..] if rights.ends_with('p') => {
                    counts = rights.contains('x') && *inode != "0";
                }
                ["Rss:", size, "kB"] if counts => sum += size.parse::<u64>().expect("a size"),
                _other => {}
            }
        }
        sum
    }

    #[test]
    fn what_the_start_needed_is_given_back_and_the_program_goes_on() {
        static WRITTEN: std::sync::Mutex<u8> = std::sync::Mutex::new(1);
        *WRITTEN.lock().expect("lock") = 2;
        let before = code();
        unload();
        let after = code();
        assert!(after < before, "{after} kB of code after {before} kB");
        // what was written is not read from the file again
        assert_eq!(*WRITTEN.lock().expect("lock"), 2);
        assert_eq!(format!("{:?}", "1.5".parse::<f64>()), "Ok(1.5)");
    }
}
