//! A file that is read after all others, and stays apart from them.

mod support;

use holdfast_syntax::{Environment, Found, SourceMap, Surroundings, parse};
use std::sync::Arc;
use support::shape;

/// One file, whatever is asked for.
struct Other(&'static str);

impl Surroundings for Other {
    fn include(&mut self, _directory: &str, pattern: &[u8]) -> Vec<Found> {
        vec![Found {
            name: String::from_utf8_lossy(pattern).into_owned(),
            directory: String::new(),
            content: Ok(Arc::new(self.0.into())),
        }]
    }

    fn variable(&mut self, _name: &str) -> Option<String> {
        None
    }
}

#[test]
fn a_file_beside_the_others() {
    for (text, other, expected, beside) in [
        ("a", "b $X\nc {\nd", "a", "b $X; c[d]"),
        ("a\n$X=1", "b $X", "a", "b 1"),
        ("$X=1\\\na {", "b $X", "", "b 1; a[]"),
        ("a {\nb", "c\n}\nd", "a[b]", "c; d"),
        ("a", "\n{\nc", "a", "c"),
    ] {
        let mut sources = SourceMap::single("f", text);
        let environment = Environment {
            beside: Some("other".to_owned()),
            ..Environment::default()
        };
        let (tree, _) = parse(&mut sources, &mut Other(other), &environment);
        assert_eq!(shape(tree.items()), expected, "{text:?} {other:?}");
        assert_eq!(shape(tree.beside()), beside, "{text:?} {other:?}");
    }
}
