//! What of the program's own files this process keeps mapped.

#[cfg(target_pointer_width = "32")]
use libc::{Elf32_Addr as Address, Elf32_Phdr as Header};
#[cfg(target_pointer_width = "64")]
use libc::{Elf64_Addr as Address, Elf64_Phdr as Header};
use libc::{PF_W, PT_DYNAMIC, PT_LOAD, c_int, c_void, dl_phdr_info, size_t};
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
    if is_rewritten(base, headers) {
        return 0;
    }
    let read_only = |flags| flags & PF_W == 0;
    let parts = headers.iter();
    for part in parts.filter(|part| part.p_type == PT_LOAD && read_only(part.p_flags)) {
        let start = base.wrapping_add(part.p_vaddr);
        let end = start.wrapping_add(part.p_memsz);
        // whole pages: the last one may be another part's as well
        let (start, end) = (start.next_multiple_of(page), end / page * page);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        // SAFETY: the range is one part of an object of ours that is mapped from its file and never
        // written, not by the loader either (it has no PF_W, and the object no DT_TEXTREL): what comes back is
        // what was there.
        unsafe {
            let _stays = libc::madvise(start as *mut c_void, length, libc::MADV_DONTNEED);
        }
    }
    0
}

/// An entry of the dynamic section (elf.h, `ElfW(Dyn)`).
#[repr(C)]
struct Entry {
    tag: isize,
    value: usize,
}

/// Has the loader changed what is only read otherwise (elf.h, DT_TEXTREL, DF_TEXTREL)?
fn is_rewritten(base: Address, headers: &[Header]) -> bool {
    const TEXT_RELOCATIONS: isize = 22;
    const FLAGS: isize = 30;
    const IN_TEXT: usize = 0x4;
    let section = headers.iter().find(|part| part.p_type == PT_DYNAMIC);
    let Some(section) = section else {
        return false;
    };
    let start = base.wrapping_add(section.p_vaddr);
    let bytes = usize::try_from(section.p_memsz).unwrap_or(0);
    #[expect(unsafe_code, reason = "the section is the loader's")]
    // SAFETY: the loader has mapped the whole section, which is an array of such entries, and nobody
    // writes to it after the start.
    let entries =
        unsafe { core::slice::from_raw_parts(start as *const Entry, bytes / size_of::<Entry>()) };
    let known = entries.iter().take_while(|entry| entry.tag != 0);
    let mut known = known.filter(|entry| {
        entry.tag == TEXT_RELOCATIONS || (entry.tag == FLAGS && entry.value & IN_TEXT != 0)
    });
    known.next().is_some()
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

    #[test]
    fn an_object_whose_code_the_loader_changes_keeps_it() {
        let section = |entries: &[Entry]| Header {
            p_type: PT_DYNAMIC,
            p_flags: 0,
            p_offset: 0,
            p_vaddr: 0,
            p_paddr: 0,
            p_filesz: 0,
            p_memsz: size_of_val(entries) as Address,
            p_align: 0,
        };
        let entry = |tag, value| Entry { tag, value };
        for (entries, rewritten) in [
            ([entry(1, 7), entry(30, 0x8), entry(0, 0)], false),
            ([entry(1, 7), entry(30, 0xc), entry(0, 0)], true),
            ([entry(22, 0), entry(0, 0), entry(0, 0)], true),
            ([entry(1, 7), entry(0, 0), entry(22, 0)], false),
        ] {
            let base = entries.as_ptr() as Address;
            assert_eq!(is_rewritten(base, &[section(&entries)]), rewritten);
        }
        assert!(!is_rewritten(0, &[]));
    }
}
