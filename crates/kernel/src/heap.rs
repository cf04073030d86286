//! How this process gets its memory.

/// What a heap grows by, in bytes.
#[cfg(target_env = "gnu")]
const STEP: libc::c_int = 4 << 20;
/// What a further thread may fill before it asks the kernel again, in bytes.
const ROOM: usize = 24 << 20;

/// glibc gives each thread a heap of its own and lets it grow by single pages, one call to the
/// kernel each. A worker has few threads and one large table: one heap, grown in large steps, is
/// cheaper. Where two threads fill memory at once, they need two, or they wait for each other.
/// Call before the first thread starts; other C libraries have no such setting.
#[expect(unsafe_code, reason = "mallopt is a function of the C library")]
pub fn limit(heaps: u8) {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: mallopt takes two numbers and changes only the allocator's own settings; a
        // setting that it does not know is ignored (mallopt(3)).
        unsafe {
            let _heaps = libc::mallopt(libc::M_ARENA_MAX, heaps.into());
            let _step = libc::mallopt(libc::M_TOP_PAD, STEP);
            if heaps > 1 {
                // or what `room` takes would not be the heap's, and would not stay
                let _kept = libc::mallopt(libc::M_TRIM_THRESHOLD, libc::c_int::MAX);
                let _own = libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20);
            }
        }
    }
}

/// Makes the heap of the calling thread large at once: only the first one grows in steps. Nothing
/// of it is touched, so it costs no memory.
pub fn room() {
    drop(core::hint::black_box(Vec::<u8>::with_capacity(ROOM)));
}

/// Room for the bytes of a large file, in large pages where the kernel has some to give: filling it
/// costs a tenth of the time. A hint: nothing depends on it.
#[expect(unsafe_code, reason = "madvise is a function of the C library")]
pub fn large(bytes: usize) -> Vec<u8> {
    const LARGE: usize = 2 << 20;
    let mut room = Vec::<u8>::with_capacity(bytes);
    let start = room.as_mut_ptr();
    let skip = start.align_offset(LARGE);
    let whole = bytes.saturating_sub(skip) / LARGE * LARGE;
    if whole > 0 {
        // SAFETY: the range lies within the room just made; the advice changes neither its
        // contents nor who may use it (madvise(2)).
        unsafe {
            let _advice = libc::madvise(start.add(skip).cast(), whole, libc::MADV_HUGEPAGE);
        }
    }
    room
}
