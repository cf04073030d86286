//! Text to tree: shape, recovery, findings; and that no bytes break it.

use holdfast_syntax::{Environment, Items, Nothing, Piece, SourceMap, parse, render};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// `keyword word[inside; ...]`, words in `<>` when they need it.
fn shape(items: Items<'_, '_>) -> String {
    let mut out = String::new();
    for item in items {
        for index in 0..item.len() {
            let space = if index > 0 { " " } else { "" };
            let _ = write!(out, "{space}{}", item.text(index).unwrap_or_default());
        }
        if item.is_block() {
            let missing = if item.close().is_none() { "..." } else { "" };
            let _ = write!(out, "[{}{missing}]", shape(item.items()));
        }
        out += "; ";
    }
    out.trim_end().to_owned()
}

fn read(text: &[u8]) -> (String, Vec<String>) {
    let mut sources = SourceMap::single("f", text);
    let environment = Environment {
        config_id: "foo".to_owned(),
        ..Environment::default()
    };
    let (tree, findings) = parse(&mut sources, &mut Nothing, &environment);
    let sources = tree.sources();
    let lines = findings
        .iter()
        .map(|finding| {
            let place = sources.place(finding.span);
            let _ = render::human(finding, sources);
            assert!(render::concise(finding, sources).starts_with("f:"));
            format!("{}:{} {}", place.line, place.column, finding.code)
        })
        .collect();
    (shape(tree.items()), lines)
}

#[test]
fn shapes() {
    for (text, expected, findings) in [
        ("", "", &[][..]),
        ("a b\nc\n", "a b; c;", &[]),
        ("a b{\nc d\n}", "a b[c d;];", &[]),
        ("a\n\n# x\n{\nc }", "a[c;];", &[]),
        ("a { b { c d } e } f", "a[b[c d;]; e;]; f;", &[]),
        ("a {}", "a[];", &[]),
        ("a {\n b\n", "a[b;...];", &["1:1 HF0104"]),
        (
            "a {\n b {\n",
            "a[b[...];...];",
            &["1:1 HF0104", "2:2 HF0104"],
        ),
        ("a {\n}\n}\nb", "a[]; b;", &["3:1 HF0105"]),
        ("{ a }\nb", "a; b;", &["1:1 HF0106"]),
        ("a { b }\n{ c }\nd", "a[b;]; c; d;", &["2:1 HF0106"]),
        ("a { { b } c }", "a[b; c;];", &["1:5 HF0106"]),
        ("a \"b\nc", "a; c;", &["1:3 HF0103"]),
        ("a b!c", "a b;", &["1:4 HF0107"]),
        ("a b#c", "a b;", &[]),
        (r"a b\#c\!", "a b#c!;", &[]),
        ("@x a\nb", "b;", &[]),
        ("@x a {\n b\n}\nc", "b; c;", &["3:1 HF0105"]),
        ("include", "include;", &[]),
        ("$X a", "$X a;", &["1:1 HF0116"]),
        ("a $X ${Y}", "a $X $[Y;];", &["1:1 HF0116"]),
        ("a \"$x\" '$y'", "a $x '$y';", &[]),
    ] {
        let (tree, codes) = read(text.as_bytes());
        assert_eq!(tree, expected, "{text:?}");
        assert_eq!(codes, findings, "{text:?}");
    }
}

#[test]
fn limits() {
    let deep = "a {".repeat(100);
    let (_, codes) = read(deep.as_bytes());
    assert_eq!(codes.iter().filter(|c| c.ends_with("0108")).count(), 1);
    let (tree, codes) = read(b"a\0b\nc\0\n");
    assert_eq!(
        (tree.as_str(), codes),
        ("a; c;", vec!["1:2 HF0101".to_owned()])
    );
    let long = format!("a {}b\nc", " x".repeat(600));
    let (tree, codes) = read(long.as_bytes());
    assert!(tree.ends_with("x; c;"));
    assert_eq!(codes, ["1:1025 HF0102"]);
}

#[test]
fn a_line_of_ten_megabytes_costs_no_more_than_its_bytes() {
    for unit in ["x", "{", "a ", "\"", "$", "\\", "{ a }"] {
        let text = unit.repeat(10_000_000 / unit.len());
        let (_, codes) = read(text.as_bytes());
        assert!(codes.iter().any(|c| c == "1:1025 HF0102"), "{unit:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_a_tree(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        read(&bytes);
    }

    #[test]
    fn any_tokens_give_a_tree(words in proptest::collection::vec(
        prop_oneof!["[{}\"!#@$~ \n\\\\]", "[a-z]{1,3} ?", "\\$\\{?[A-Z]=?\\}?"], 0..200)) {
        let text = words.concat();
        read(text.as_bytes());
    }
}

#[test]
fn pieces_are_the_text_again() {
    let text = "a 1 {\n b { c } }\n}\n{\n d } e {\n f\n";
    let mut sources = SourceMap::single("f", text.as_bytes());
    let (tree, _) = parse(&mut sources, &mut Nothing, &Environment::default());
    let pieces = tree.pieces().map(|piece| match piece {
        Piece::Line(item) => item.text(0).unwrap_or_default().into_owned(),
        Piece::Open(_) => "{".to_owned(),
        Piece::Close(_) => "}".to_owned(),
    });
    let pieces: Vec<String> = pieces.collect();
    assert_eq!(pieces.join(" "), "a { b { c } } } { d } e { f");
}

#[test]
fn a_forgotten_brace_can_be_put_in() {
    let text = "a {\n b\n c\n }\n d { e }\n}\n}\nf";
    let mut sources = SourceMap::single("f", text.as_bytes());
    let (tree, _) = parse(&mut sources, &mut Nothing, &Environment::default());
    assert_eq!(shape(tree.items()), "a[b; c;]; d[e;]; f;");
    assert_eq!(tree.extra_closes(), 2);
    let tree = tree.reopened(&BTreeSet::from([1]), &BTreeSet::new());
    assert_eq!(tree.extra_closes(), 1);
    let outer = tree.items().next().map(|item| item.items());
    assert_eq!(outer.map(shape).as_deref(), Some("b; d[e;];"));
    let inner = tree.items().next().and_then(|item| item.items().next());
    let inner = inner.filter(|item| item.lacks_open() && !item.is_block());
    assert_eq!(inner.map(|item| shape(item.items())).as_deref(), Some("c;"));
}

#[test]
fn a_brace_too_many_can_be_left_out() {
    let text = "a {\n b {c\n}\nd";
    let mut sources = SourceMap::single("f", text.as_bytes());
    let (tree, _) = parse(&mut sources, &mut Nothing, &Environment::default());
    assert_eq!(shape(tree.items()), "a[b[c;]; d;...];");
    assert_eq!(tree.unclosed(), 1);
    let tree = tree.reopened(&BTreeSet::new(), &BTreeSet::from([1]));
    assert_eq!(
        (shape(tree.items()).as_str(), tree.unclosed()),
        ("a[b[...]; c;]; d;", 1)
    );
}
