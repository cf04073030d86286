use crate::{Limits, NAMES, Outcome, Regex, option};
use proptest::prelude::*;

/// So many questions are answered with yes.
fn search(regex: &Regex, text: &[u8], from: usize, more: bool, mut breaths: u32) -> Outcome {
    let mut go_on = || {
        breaths = breaths.saturating_sub(1);
        breaths > 0
    };
    let limits = Limits {
        heap_kib: 4096,
        go_on: &mut go_on,
    };
    regex.find(text, from, more, limits)
}

const PLENTY: u32 = 100_000;

fn bits(options: &[&str]) -> u32 {
    options.iter().map(|name| option(name).unwrap()).sum()
}

fn find(pattern: &str, options: &[&str], text: &[u8]) -> Option<(usize, usize)> {
    let regex = Regex::new(pattern.as_bytes(), bits(options)).unwrap();
    match search(&regex, text, 0, false, PLENTY) {
        Outcome::Match { start, end } => Some((start, end)),
        Outcome::None => None,
        other => panic!("{pattern}: {other:?}"),
    }
}

/// Pattern, options, text, where it matches.
type Case = (
    &'static str,
    &'static [&'static str],
    &'static [u8],
    Option<(usize, usize)>,
);

const TABLE: &[Case] = &[
    ("b+", &[], b"abbc", Some((1, 3))),
    ("B", &[], b"abc", None),
    ("B", &["caseless"], b"abc", Some((1, 2))),
    ("a.b", &[], b"a\nb", None),
    ("a.b", &["dotall"], b"a\nb", Some((0, 3))),
    ("^b", &[], b"a\nb", None),
    ("^b", &["multiline"], b"a\nb", Some((2, 3))),
    ("a b # c", &["extended"], b"ab", Some((0, 2))),
    ("a$", &[], b"a\n", Some((0, 1))),
    ("a$", &["dollar_endonly"], b"a\n", None),
    ("b", &["firstline"], b"a\nb", None),
    ("a+", &["ungreedy"], b"aaa", Some((0, 1))),
    ("[]", &["allow_empty_class"], b"[]", None),
    ("(a)?\\1b", &[], b"b", None),
    ("(a)?\\1b", &["match_unset_backref"], b"b", Some((0, 1))),
    ("(?<n>a)|(?<n>b)", &["dupnames"], b"b", Some((0, 1))),
    ("\\x{e4}", &["utf"], "ä".as_bytes(), Some((0, 2))),
    ("\\w", &["utf", "ucp"], "ä".as_bytes(), Some((0, 2))),
    ("\\w", &["utf"], "ä".as_bytes(), None),
    // bytes that are no text end nothing
    ("b", &["utf"], b"\xffab", Some((2, 3))),
    ("(?<=a)b", &[], b"ab", Some((1, 2))),
    ("(?!x)b(?=c)", &[], b"abc", Some((1, 2))),
    ("\\u0041", &["alt_bsux"], b"A", Some((0, 1))),
];

#[test]
fn patterns_and_options_mean_what_pcre2_says() {
    for (pattern, options, text, expected) in TABLE {
        assert_eq!(
            find(pattern, options, text),
            *expected,
            "{pattern} {options:?}"
        );
    }
}

#[test]
fn every_option_is_known_to_the_library() {
    assert_eq!(NAMES.len(), 24);
    assert!(NAMES.is_sorted());
    for name in NAMES {
        assert!(Regex::new(b"a", bits(&[name])).is_ok(), "{name}");
    }
    assert_eq!(option("none"), None);
}

#[test]
fn a_bad_pattern_says_where() {
    let error = Regex::new(b"ab(c", 0).unwrap_err();
    assert_eq!(error.offset, 4);
    assert!(error.reason.contains("parenthesis"), "{error}");
    assert!(Regex::new(b"[]", 0).is_err());
    assert!(Regex::new(b"\\x{e4}", bits(&["utf", "never_utf"])).is_err());
}

#[test]
fn a_search_ends_when_it_is_told_to() {
    let regex = Regex::new(b"(a+)+b", bits(&["no_start_optimize"])).unwrap();
    let text = vec![b'a'; 200];
    assert_eq!(search(&regex, &text, 0, false, 100), Outcome::Exhausted);
    // a start of a match costs little here, and there are many
    let regex = Regex::new(b"\\w++x", bits(&["no_start_optimize"])).unwrap();
    let text = vec![b'a'; 100_000];
    assert_eq!(search(&regex, &text, 0, false, 100), Outcome::Exhausted);
}

#[test]
fn a_search_has_its_memory_and_no_more() {
    let deep = Regex::new(b"^(?:a|b)*c", bits(&["no_auto_possess"])).unwrap();
    let text = [vec![b'a'; 1_000_000], vec![b'c']].concat();
    let limits = Limits {
        heap_kib: 64,
        go_on: &mut || true,
    };
    assert_eq!(deep.find(&text, 0, false, limits), Outcome::Exhausted);
}

#[test]
fn text_that_may_go_on_matches_in_part() {
    let regex = Regex::new(b"(?<=x)abc", 0).unwrap();
    assert!(regex.lookbehind() >= 1);
    assert_eq!(
        search(&regex, b"..xab", 0, true, PLENTY),
        Outcome::Partial(3)
    );
    assert_eq!(search(&regex, b"..xab", 0, false, PLENTY), Outcome::None);
    assert_eq!(search(&regex, b"..", 3, true, PLENTY), Outcome::None);
    let end = Outcome::Match { start: 3, end: 6 };
    assert_eq!(search(&regex, b"..xabc", 1, true, PLENTY), end);
}

proptest! {
    #[test]
    fn any_pattern_on_any_text_ends(
        pattern in prop::collection::vec(any::<u8>(), 0..40),
        text in prop::collection::vec(any::<u8>(), 0..200),
        options in prop::sample::subsequence(NAMES, 0..4),
        from in 0..250_usize,
        more: bool,
    ) {
        if let Ok(regex) = Regex::new(&pattern, bits(&options))
            && let Outcome::Match { end, .. } = search(&regex, &text, from, more, 500)
        {
            prop_assert!(end <= text.len());
        }
    }
}
