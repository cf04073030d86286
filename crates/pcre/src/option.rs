//! The options of keepalived's `regex_options`, by name.

use pcre2_sys as pcre;

/// Name and PCRE2's bit.
const OPTIONS: &[(&str, u32)] = &[
    ("allow_empty_class", pcre::PCRE2_ALLOW_EMPTY_CLASS),
    ("alt_bsux", pcre::PCRE2_ALT_BSUX),
    ("alt_circumflex", pcre::PCRE2_ALT_CIRCUMFLEX),
    ("alt_verbnames", pcre::PCRE2_ALT_VERBNAMES),
    ("auto_callout", pcre::PCRE2_AUTO_CALLOUT),
    ("caseless", pcre::PCRE2_CASELESS),
    ("dollar_endonly", pcre::PCRE2_DOLLAR_ENDONLY),
    ("dotall", pcre::PCRE2_DOTALL),
    ("dupnames", pcre::PCRE2_DUPNAMES),
    ("extended", pcre::PCRE2_EXTENDED),
    ("firstline", pcre::PCRE2_FIRSTLINE),
    ("match_unset_backref", pcre::PCRE2_MATCH_UNSET_BACKREF),
    ("multiline", pcre::PCRE2_MULTILINE),
    ("never_backslash_c", pcre::PCRE2_NEVER_BACKSLASH_C),
    ("never_ucp", pcre::PCRE2_NEVER_UCP),
    ("never_utf", pcre::PCRE2_NEVER_UTF),
    ("no_auto_capture", pcre::PCRE2_NO_AUTO_CAPTURE),
    ("no_auto_possess", pcre::PCRE2_NO_AUTO_POSSESS),
    ("no_dotstar_anchor", pcre::PCRE2_NO_DOTSTAR_ANCHOR),
    ("no_start_optimize", pcre::PCRE2_NO_START_OPTIMIZE),
    ("ucp", pcre::PCRE2_UCP),
    ("ungreedy", pcre::PCRE2_UNGREEDY),
    ("use_offset_limit", pcre::PCRE2_USE_OFFSET_LIMIT),
    ("utf", pcre::PCRE2_UTF),
];

/// All of them, sorted.
pub const NAMES: &[&str] = &{
    let mut names = [""; OPTIONS.len()];
    let mut at = 0;
    while at < OPTIONS.len() {
        names[at] = OPTIONS[at].0;
        at += 1;
    }
    names
};

/// The bit of an option.
pub fn option(name: &str) -> Option<u32> {
    let mut options = OPTIONS.iter();
    options.find(|(its, _)| *its == name).map(|(_, bit)| *bit)
}
