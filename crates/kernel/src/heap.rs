//! How this process gets its memory.

/// glibc gives each thread a heap of its own and lets it grow by single pages, one call to the
/// kernel each. A worker has few threads and one large table: one heap, grown in large steps, is
/// cheaper. Where two threads fill memory at once, they need two, or they wait for each other.
/// Call before the first thread starts; other C libraries have no such setting.
#[expect(unsafe_code, reason = "mallopt is a function of the C library")]
pub fn limit(heaps: u8) {
    #[cfg(target_env = "gnu")]
    {
        const STEP: libc::c_int = 4 << 20;
        // SAFETY: mallopt takes two numbers and changes only the allocator's own settings; a
        // setting that it does not know is ignored (mallopt(3)).
        unsafe {
            let _heaps = libc::mallopt(libc::M_ARENA_MAX, heaps.into());
            let _step = libc::mallopt(libc::M_TOP_PAD, STEP);
        }
    }
}
