//! docs/conformance.md: what the RFCs ask, beside the tests that show it.
//!
//! `docs/conformance.in` has the lines. A test says which it shows, in a comment above it or above its
//! row of a table: `conforms: C17+ C23-` (+ what has to be done is done, - what must not be is not).

mod page;
mod tags;

use crate::Result;
use crate::build::root;
use std::fs;
use std::path::Path;

/// What is asked for, and by whom.
const LINES: &str = "docs/conformance.in";
const PAGE: &str = "docs/conformance.md";

/// One thing that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    id: String,
    level: String,
    source: String,
    what: String,
    /// Whose it is, and of ours what is missing.
    whose: Whose,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Ours,
    /// All but this.
    InPart(String),
    /// For this reason.
    Elsewhere(String),
}

impl Whose {
    fn read(text: &str) -> Self {
        match text.strip_prefix("in part: ") {
            Some(missing) => Self::InPart(missing.to_owned()),
            None if text.is_empty() => Self::Ours,
            None => Self::Elsewhere(text.to_owned()),
        }
    }
}

/// Lines under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    heading: String,
    lines: Vec<Line>,
}

/// Writes the page; true, for there is nothing to judge.
pub(crate) fn write() -> Result<bool> {
    let path = root().join(PAGE);
    fs::write(&path, made(&root())?).map_err(|error| format!("{}: {error}", path.display()))?;
    println!("{PAGE} is written");
    Ok(true)
}

/// The page as it should be.
fn made(root: &Path) -> Result<String> {
    let sections = sections(&crate::tidy::read(&root.join(LINES))?)?;
    let proofs = tags::all(root)?;
    page::page(&sections, &proofs)
}

fn sections(text: &str) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for (number, text) in text.lines().enumerate() {
        let wrong = |what: &str| format!("{LINES}:{}: {what}", number + 1);
        if let Some(heading) = text.strip_prefix("= ") {
            let (heading, lines) = (heading.to_owned(), Vec::new());
            sections.push(Section { heading, lines });
        } else if !text.is_empty() && !text.starts_with('#') {
            let fields: Vec<&str> = text.split('|').map(str::trim).collect();
            let [id, level, source, what, whose] = fields.as_slice() else {
                return Err(wrong("expected id | level | source | what | why not ours"));
            };
            let known = |line: &Line| line.id == *id;
            if sections
                .iter()
                .flat_map(|section| &section.lines)
                .any(known)
            {
                return Err(wrong(&format!("{id} stands here twice")));
            }
            let section = sections.last_mut();
            let section = section.ok_or(wrong("expected `= HEADING` before the first line"))?;
            section.lines.push(Line {
                id: (*id).to_owned(),
                level: (*level).to_owned(),
                source: (*source).to_owned(),
                what: (*what).to_owned(),
                whose: Whose::read(whose),
            });
        }
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_the_tests_do() {
        let made = made(&root()).unwrap_or_else(|error| panic!("{error}"));
        let written = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
        assert!(
            made == written,
            "{PAGE} is old: run `cargo xtask conformance`"
        );
    }

    #[test]
    fn lines_are_read_and_mistakes_named() {
        let read =
            sections("# no line\n\n= A\nC01 | MUST | RFC 1 | x |\nC02 | MAY | RFC 2 | y | z\n");
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((read.len(), read[0].lines.len()), (1, 2));
        assert_eq!(read[0].lines[1].whose, Whose::Elsewhere("z".to_owned()));
        assert_eq!(Whose::read("in part: z"), Whose::InPart("z".to_owned()));
        for (text, said) in [
            (
                "C01 | MUST | RFC 1 | x |\n",
                "docs/conformance.in:1: expected `= HEADING`",
            ),
            (
                "= A\nC01 | MUST | x |\n",
                "docs/conformance.in:2: expected id",
            ),
            (
                "= A\nC01 | a | b | c |\nC01 | a | b | c |\n",
                "docs/conformance.in:3: C01 stands",
            ),
        ] {
            let error = sections(text).map(|_| ()).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
