//! PCRE2's C interface: the only place that calls it.
#![allow(
    unsafe_code,
    reason = "PCRE2 is a C library; each site has its SAFETY note"
)]

use crate::BadPattern;
use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};
use pcre2_sys as pcre;

/// A callout: what it may look at, which nobody does here, and what was set with it.
type Callout = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;

// pcre2.h has it, and the bindings leave it out
unsafe extern "C" {
    fn pcre2_set_callout_8(
        context: *mut pcre::pcre2_match_context_8,
        callout: Option<Callout>,
        data: *mut c_void,
    ) -> c_int;
}

/// How many items of a pattern are tried between two questions whether to go on.
const BREATH: u32 = 64;

/// What a search may cost.
pub struct Limits<'a> {
    /// Memory for the way back, in kB.
    pub heap_kib: u32,
    /// Asked again and again; false ends the search.
    pub go_on: &'a mut dyn FnMut() -> bool,
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The first match.
    Match {
        /// Where it begins.
        start: usize,
        /// Where it ends.
        end: usize,
    },
    /// What may become a match with more text; where it begins.
    Partial(usize),
    /// Nothing.
    None,
    /// The limits were reached first.
    Exhausted,
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Regex {
    code: NonNull<pcre::pcre2_code_8>,
    lookbehind: usize,
}

// SAFETY: compiled code is written by pcre2_compile only, which is over when a `Regex` exists;
// the JIT, which would write to it, is not used (pcre2api(3), MULTITHREADING).
unsafe impl Send for Regex {}
// SAFETY: as above; every search has its own match data.
unsafe impl Sync for Regex {}

impl Regex {
    /// Compiles a pattern; `options` are PCRE2's bits.
    ///
    /// # Errors
    /// If PCRE2 does not take it.
    pub fn new(pattern: &[u8], options: u32) -> Result<Self, BadPattern> {
        // bytes that are no UTF-8 end no search: they match nothing (pcre2unicode(3))
        let options = match options & pcre::PCRE2_UTF {
            0 => options,
            _ => options | pcre::PCRE2_MATCH_INVALID_UTF,
        };
        // each item of the pattern asks whether to go on: PCRE2's own limit is one a start of a
        // match, and a text has many
        let options = options | pcre::PCRE2_AUTO_CALLOUT;
        let (mut error, mut offset): (c_int, usize) = (0, 0);
        // SAFETY: pointer and length are those of a live slice, both results are live variables;
        // no context means PCRE2's defaults. The pattern is not kept.
        let code = unsafe {
            pcre::pcre2_compile_8(
                pattern.as_ptr(),
                pattern.len(),
                options,
                &raw mut error,
                &raw mut offset,
                ptr::null_mut(),
            )
        };
        let Some(code) = NonNull::new(code) else {
            let reason = words(error);
            return Err(BadPattern { reason, offset });
        };
        let mut lookbehind: u32 = 0;
        // SAFETY: the code is live, and PCRE2_INFO_MAXLOOKBEHIND writes a u32.
        unsafe {
            pcre::pcre2_pattern_info_8(
                code.as_ptr(),
                pcre::PCRE2_INFO_MAXLOOKBEHIND,
                (&raw mut lookbehind).cast(),
            );
        }
        // characters; of UTF-8 each has up to four bytes
        let lookbehind = usize::try_from(lookbehind).unwrap_or(usize::MAX);
        let lookbehind = lookbehind.saturating_mul(4);
        Ok(Self { code, lookbehind })
    }

    /// How many bytes before a match decide about it, at most.
    pub const fn lookbehind(&self) -> usize {
        self.lookbehind
    }

    /// Looks for the first match that begins at `from` or later; `more`: the text may go on.
    pub fn find(&self, text: &[u8], from: usize, more: bool, limits: Limits<'_>) -> Outcome {
        if from > text.len() {
            return Outcome::None;
        }
        let Some(search) = Search::new(self, limits.heap_kib) else {
            return Outcome::Exhausted;
        };
        let mut breath = Breath {
            left: 0,
            go_on: limits.go_on,
        };
        // SAFETY: the context is live; `breath` outlives the search below, the only one that the
        // context is used for, and nobody else touches it until then.
        unsafe {
            let data = (&raw mut breath).cast();
            pcre2_set_callout_8(search.context.as_ptr(), Some(callout), data);
        }
        let options = if more { pcre::PCRE2_PARTIAL_HARD } else { 0 };
        // SAFETY: the code, the match data made from it and the context are live; pointer and
        // length are those of a live slice, and `from` is not behind its end.
        let found = unsafe {
            pcre::pcre2_match_8(
                self.code.as_ptr(),
                text.as_ptr(),
                text.len(),
                from,
                options,
                search.data.as_ptr(),
                search.context.as_ptr(),
            )
        };
        // SAFETY: match data has at least one pair, and a match or a partial one has written it
        // (pcre2api(3)); read only then.
        let pair = || unsafe {
            let pair = pcre::pcre2_get_ovector_pointer_8(search.data.as_ptr());
            (*pair, *pair.add(1))
        };
        match found {
            pcre::PCRE2_ERROR_PARTIAL => Outcome::Partial(pair().0),
            pcre::PCRE2_ERROR_CALLOUT
            | pcre::PCRE2_ERROR_MATCHLIMIT
            | pcre::PCRE2_ERROR_DEPTHLIMIT
            | pcre::PCRE2_ERROR_HEAPLIMIT
            | pcre::PCRE2_ERROR_NOMEMORY => Outcome::Exhausted,
            ..0 => Outcome::None,
            _ => {
                let (start, end) = pair();
                Outcome::Match { start, end }
            }
        }
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: it was made by pcre2_compile and is freed once.
        unsafe { pcre::pcre2_code_free_8(self.code.as_ptr()) }
    }
}

/// Counts the items between two questions.
struct Breath<'a> {
    left: u32,
    go_on: &'a mut dyn FnMut() -> bool,
}

/// Called by PCRE2 at each item of the pattern: 0 goes on, a negative number ends the search.
unsafe extern "C" fn callout(_: *mut c_void, data: *mut c_void) -> c_int {
    // SAFETY: `data` is the `Breath` that `find` has set, alive while the search runs, and no
    // other reference to it is used meanwhile.
    let breath = unsafe { &mut *data.cast::<Breath<'_>>() };
    if breath.left > 0 {
        breath.left -= 1;
        return 0;
    }
    breath.left = BREATH;
    if (breath.go_on)() {
        0
    } else {
        pcre::PCRE2_ERROR_CALLOUT
    }
}

/// What one search writes to.
struct Search {
    data: NonNull<pcre::pcre2_match_data_8>,
    context: NonNull<pcre::pcre2_match_context_8>,
}

impl Search {
    /// None without memory.
    fn new(regex: &Regex, heap_kib: u32) -> Option<Self> {
        // SAFETY: a null context means PCRE2's own memory management.
        let context = NonNull::new(unsafe { pcre::pcre2_match_context_create_8(ptr::null_mut()) })?;
        // SAFETY: the code is live; null as above.
        let data = NonNull::new(unsafe {
            pcre::pcre2_match_data_create_from_pattern_8(regex.code.as_ptr(), ptr::null_mut())
        });
        let Some(data) = data else {
            // SAFETY: made above, freed once.
            unsafe { pcre::pcre2_match_context_free_8(context.as_ptr()) };
            return None;
        };
        // SAFETY: the context is live.
        unsafe {
            pcre::pcre2_set_heap_limit_8(context.as_ptr(), heap_kib);
        }
        Some(Self { data, context })
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        // SAFETY: both were made for this search and are freed once.
        unsafe {
            pcre::pcre2_match_data_free_8(self.data.as_ptr());
            pcre::pcre2_match_context_free_8(self.context.as_ptr());
        }
    }
}

/// PCRE2's words for an error.
fn words(error: c_int) -> String {
    let mut buffer = [0_u8; 256];
    // SAFETY: pointer and length are those of a live array, which PCRE2 ends with a zero.
    let length =
        unsafe { pcre::pcre2_get_error_message_8(error, buffer.as_mut_ptr(), buffer.len()) };
    let length = usize::try_from(length).unwrap_or(0);
    String::from_utf8_lossy(buffer.get(..length).unwrap_or_default()).into_owned()
}
