//! The preprocessor: what lines become, as keepalived 2.2.7 reads them (each row of the tables was
//! run through `keepalived -t`), and that no text gets out of hand.

mod support;

use holdfast_syntax::{
    Environment, Found, Nothing, Refusal, SourceMap, Surroundings, code, parse, render,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use support::shape;

/// Files by name; the directory is what stands before the last `/`.
#[derive(Default)]
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter();
        Self(
            files
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
        )
    }
}

impl Surroundings for Files {
    fn include(&mut self, directory: &str, pattern: &[u8]) -> Vec<Found> {
        let pattern = String::from_utf8_lossy(pattern);
        let full = match directory {
            "" => pattern.into_owned(),
            directory => format!("{directory}/{pattern}"),
        };
        let (start, end) = full.split_once('*').unwrap_or((&full, ""));
        let wild = full.contains('*');
        let files = self.0.iter();
        files
            .filter(|(name, _)| match wild {
                true => name.starts_with(start) && name.ends_with(end),
                false => **name == full,
            })
            .map(|(name, bytes)| Found {
                name: name.clone(),
                directory: name.rsplit_once('/').map_or("", |(d, _)| d).to_owned(),
                content: match name.ends_with(".exe") {
                    true => Err(Refusal::NotPlain),
                    false => Ok(Arc::new(bytes.clone())),
                },
            })
            .collect()
    }

    fn variable(&mut self, name: &str) -> Option<String> {
        (name == "HOME").then(|| "/root".to_owned())
    }
}

fn environment() -> Environment {
    Environment {
        config_id: "foo".to_owned(),
        directory: String::new(),
        seed: 42,
        lines: 3000,
        ..Environment::default()
    }
}

fn read_with(text: &[u8], files: &mut dyn Surroundings) -> (String, Vec<String>) {
    let mut sources = SourceMap::single("f", text);
    let (tree, findings) = parse(&mut sources, files, &environment());
    let codes = findings
        .iter()
        .map(|finding| {
            let place = tree.sources().place(finding.span);
            let _ = render::human(finding, tree.sources());
            let _ = render::concise(finding, tree.sources());
            format!("{}:{} {}", place.file, place.line, finding.code)
        })
        .collect();
    (shape(tree.items()), codes)
}

fn read(text: &str) -> String {
    read_with(text.as_bytes(), &mut Files::default()).0
}

#[test]
fn definitions() {
    for (text, expected) in [
        ("$X=hello\nk $X", "k hello"),
        ("$X=h\nk \"$X b\" \"${X}\"", "k h b h"),
        ("$X=h\nk${X}y $X,z", "khy h,z"),
        ("$X=h\nk $Xy $X.z $X/z", "k $Xy $X.z $X/z"),
        ("$X=1\n$X=2\nk $X", "k 2"),
        ("k $X\n$X=1", "k $X"),
        ("$X=$Y\n$Y=1\nk $X", "k 1"),
        ("$X=  a  b  # c\nk $X d", "k a b d"),
        ("$X=\nk${X}f", "kf"),
        ("$X=a=b\nk $X", "k a=b"),
        ("$X =5\n$1=2\n$A-B=3", "$X =5; $1=2; $A-B=3"),
        ("$X=x { y }\n$X", "x[y]"),
        ("$X=v\\#w\nk $X x", "k v"),
        ("$X=v\\#w\nk \"${X}\"", "k v#w"),
        ("$X=@foo k\n$X\n$Y=@bar k\n$Y", "k"),
        (
            "k${_PWD}. ${_INSTANCE} \"a${_HASH}b${_BANG}\"",
            "k. foo a#b!",
        ),
        (
            "k ${_RANDOM 5 5} ${_ENV HOME} x${_ENV NONE}x",
            "k 5 /root xx",
        ),
        ("$_PWD=9\nk $_PWD", "k 9"),
        ("d } $Q=5\nf $Q", "d; f 5"),
        ("$X=1\r\nk $X\r\n", "k 1"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn definitions_of_several_lines() {
    for (text, expected) in [
        (
            "$A=one \\\n two \\\n three\n$A\nafter",
            "one; two; three; after",
        ),
        ("$A= \\\nv { \\\n a \\\n }\n$A\nk $A", "v[a]; k v[a]"),
        ("$A= \\\nx \\\ny\nk $A z", "k $A z"),
        ("$A= \\\n\nx\n$A", "x"),
        ("$A= \\\na # c \\\n b\nc\n$A", "c; a; b"),
        ("$A= \\\na \\\n# comment\nb\n$A", "a; b"),
        ("$A= \\\na \\\n\nb\n$A", "b; a"),
        ("$A= \\\na \\\n@foo b \\\n@bar c \\\nd\n$A", "a; b; d"),
        ("$A= \\\nx \\\n$B=3\n$A\nk $B", "x; k 3"),
        (
            "$C= \\\nc1 \\\nc2\n$A= \\\na1 \\\n$C \\\na2\n$A",
            "a1; c1; c2; a2",
        ),
        ("$A= \\\nx\nk${A}y", "kxy"),
        ("$P=k1\\\nk2\n$P z\n${P} ", "$P z; k1; k2"),
        ("$A= \\\r\nx \\\r\ny\r\n$A", "x; y"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn conditions() {
    for (text, expected) in [
        ("@foo a\n@bar b\n@^foo c\n@^bar d", "a; d"),
        ("@fo a\n@fooo b\n@^fo c\n@^ d\n@ e\n@foo", "c; d"),
        ("@holdfast a\n@^holdfast b", "a"),
        ("@foo @foo r", "@foo r"),
        ("\t@foo\tz ", "z"),
        ("@foo $Q=1\n@bar $Q=2\nk $Q", "k 1"),
        ("a { @foo b\n@bar c\n}", "a[b]"),
        ("a { @bar b\n} @foo c", "a[]; c"),
        ("@foo \"a b\" # c", "a b"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn repetitions() {
    for (text, expected) in [
        ("~SEQ(x,3) a$x", "a1; a2; a3"),
        ("~SEQ(x,2)\n~SEQ(x,2)i$x", "i1; i2"),
        ("~SEQ(x,2) ~SEQ(y,2) ${x}_$y", "1_1; 1_2; 2_1; 2_2"),
        ("~SEQ(x,2) ~SEQ(y,$x) ${x}_$y", "1_1; 2_1; 2_2"),
        ("~SEQ(x,2) ~LST(y,p,q) b${x}$y", "b1p; b1q; b2p; b2q"),
        ("$N=3\n~SEQ(x,$N) a$x", "a1; a2; a3"),
        ("~LST({x,y},{1,2},{3}) q${x}_${y}_", "q1_2_; q3__"),
        ("$B= \\\nv$x \\\nw$x\n~SEQ(x,2) $B", "v1; w1; v2; w2"),
        (
            "$B= \\\n~SEQ(x,2) v$x \\\nw$x\n$B\nend$x",
            "v1; v2; w2; end2",
        ),
        ("~SEQ(x,2) $y=a$x\nk $y", "k a2"),
        ("~SEQ(x,2) @foo g$x\n~SEQ(x,2) @bar g$x", "g1; g2"),
        ("@foo ~SEQ(x,2) c$x", "c1; c2"),
        ("d { ~SEQ(i,2) e$i\n}", "d[e1; e2]"),
        (
            "e ~SEQ(x,2) f\n\"~SEQ(x,2) d\"\n~FOO",
            "e ~SEQ(x,2) f; ~SEQ(x,2) d; ~FOO",
        ),
        ("$B=~SEQ(x,2) f$x\n$B", "f1; f2"),
        ("~SEQ(x,2) a#$x", "a; a"),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn includes() {
    let mut files = Files::new(&[
        ("a", "inA"),
        ("d/b.conf", "inB $X\n$X=2"),
        ("d/c.conf", "inC { $X\ninclude ../e/s"),
        ("d/../e/s", "inS\n}"),
        ("x.exe", "never"),
        ("open", "o {"),
        ("line", "$M= \\\nm1 \\"),
    ]);
    for (text, expected, findings) in [
        ("include a\nk", "inA; k", &[][..]),
        ("  include a # c\n", "inA", &[]),
        (
            "$X=1\ninclude d/*.conf\nk $X",
            "inB 1; inC[2; inS]; k 2",
            &[],
        ),
        (
            "include {a,d/b.conf}",
            "inA; inB $X",
            &["d/b.conf:1 HF0116"],
        ),
        ("x { include a\n}", "x[inA]", &[]),
        ("$I=include a\n$I", "inA", &[]),
        ("@foo include a\n@bar include a", "inA", &[]),
        ("include open\nb\n}\nc", "o[b]; c", &[]),
        ("include line\nm2\n$M", "m1; m2", &[]),
        ("include none", "", &["f:1 HF0110"]),
        (
            "include none*\nincludea none*",
            "",
            &["f:1 HF0110", "f:2 HF0111"],
        ),
        (
            "include x.exe\nincluder x.exe",
            "",
            &["f:1 HF0110", "f:2 HF0111"],
        ),
        (
            "includem none\nincludeb {a,none}",
            "",
            &["f:1 HF0111", "f:2 HF0111"],
        ),
        ("includew {a,none*}", "inA", &[]),
        (
            "global_defs {\ninclude_check +match\n}\ninclude none",
            "global_defs[include_check +match]",
            &["f:4 HF0111"],
        ),
        (
            "include_check +match\ninclude none",
            "include_check +match",
            &["f:2 HF0110"],
        ),
        ("include \"a\"", "", &["f:1 HF0110"]),
        (
            "include\nincludet a\nincludes",
            "include; includet a; includes",
            &[],
        ),
    ] {
        let got = read_with(text.as_bytes(), &mut files);
        assert_eq!(got.0, expected, "{text:?}");
        assert_eq!(got.1, findings, "{text:?}");
    }
}

#[test]
fn a_place_is_where_it_was_written() {
    let mut files = Files::new(&[("inc", "\n  a $V b")]);
    let text = "$V=one two\ninclude inc\n";
    let mut sources = SourceMap::single("f", text);
    let (tree, _) = parse(&mut sources, &mut files, &environment());
    let item = tree.items().next().unwrap();
    assert_eq!(item.text(1).unwrap(), "one");
    let span = item.word_span(1);
    let place = tree.sources().place(span);
    assert_eq!((place.file, place.line, place.column), ("inc", 2, 3));
    assert_eq!(
        tree.sources().notes(span),
        [
            "expanded to: a one two b",
            "$V defined here: f:1",
            "included from f:2"
        ]
    );
    assert_eq!(tree.sources().line_text(span), "a one two b");
    assert_eq!(tree.sources().files().count(), 2);
}

#[test]
fn what_has_no_end_is_refused_once() {
    let doubling: String = (0..60)
        .map(|n| format!("$A{n}= \\\n$A{0} \\\n$A{0}\n", n + 1))
        .collect();
    for text in [
        "$A=$A\nk $A",
        "$A=$B\n$B=$A\nk $A",
        "$A= \\\nx \\\n$A\n$A",
        "~SEQ(x,3001) @none a",
        "~SEQ(x,9223372036854775807) a",
        "~SEQ(x,101) ~SEQ(y,101) @none a",
        &(doubling + "$A60= \\\nx \\\ny\n$A0"),
        "include f",
    ] {
        let mut files = Files::new(&[("f", "include f\n")]);
        let (tree, findings) = read_with(text.as_bytes(), &mut files);
        let expansion = findings.iter().filter(|f| f.ends_with(code::EXPANSION));
        assert_eq!(expansion.count(), 1, "{text:?}: {findings:?}");
        assert_eq!((tree.as_str(), findings.len()), ("", 1), "{text:?}");
    }
    let (tree, findings) = read_with(b"$A=x$A\nk $A b\n$L=llllllllll\nm ${L}", &mut Nothing);
    assert_eq!((tree.as_str(), findings.len()), ("", 1));
    let long = format!("$L={}\nm ${{L}}${{L}}\nn", "l".repeat(600));
    let (tree, findings) = read_with(long.as_bytes(), &mut Nothing);
    assert!(tree.ends_with("n") && findings.iter().any(|f| f == "f:2 HF0113"));
}

/// Lines that use the preprocessor in any way.
fn line() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        3 => "[a-z]{1,3} ?",
        3 => prop::sample::select(vec![
            "$A", "${A}", "$B", "${B}", "$x ", "${x}", "{", "}", "\"", "#", "\\", " ", "\t",
            "${_PWD}", "${_RANDOM 1 9}", "${_HASH}", "${_ENV HOME}", "1", ",", ")",
        ]).prop_map(str::to_owned),
    ];
    let start = prop::sample::select(vec![
        "",
        "",
        "",
        "@foo ",
        "@^foo ",
        "@bar ",
        "$A=",
        "$B=",
        "$x=",
        "~SEQ(x,3) ",
        "~SEQ(A,$B) ",
        "~SEQ(x,900,-7,2)",
        "~LST({A,x},{1,2},{3}) ",
        "~LST(B,a,b)",
        "include ",
        "include *",
        "include {a,b}",
        "includea ",
        "$A= \\",
        "$B= \\",
        "~SEQ(x,9999999) ",
        "include_check ",
    ]);
    let end = prop::sample::select(vec!["\n", "\n", "\r\n", " \\\n", "\\\n"]);
    (start, prop::collection::vec(part, 0..5), end)
        .prop_map(|(start, parts, end)| format!("{start}{}{end}", parts.concat()))
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(line(), 0..12).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_lines_with_any_files_end(main in text(), a in text(), b in text()) {
        let mut files = Files::new(&[("a", &a), ("b", &b), ("c/d", &main)]);
        read_with(main.as_bytes(), &mut files);
    }

    #[test]
    fn any_bytes_with_any_files_end(
        main in prop::collection::vec(any::<u8>(), 0..200),
        a in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut files = Files::default();
        files.0.insert("a".to_owned(), a);
        let main = [b"include a\n$A= \\\n".as_slice(), &main, b"\n$A\ninclude *\n"].concat();
        read_with(&main, &mut files);
    }

    /// A text that uses nothing of it is read where it stands.
    #[test]
    fn what_is_not_expanded_is_not_copied(main in "([a-z{} ]{0,8}\n){0,20}") {
        let mut sources = SourceMap::single("f", main.as_bytes());
        let (tree, _) = parse(&mut sources, &mut Nothing, &environment());
        for item in tree.items() {
            let span = item.head();
            prop_assert_eq!(tree.sources().written(span), span);
        }
    }
}
