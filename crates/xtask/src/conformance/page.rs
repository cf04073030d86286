//! The page itself.

use super::tags::Proof;
use super::{Line, Section, Whose};
use crate::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "\
# Conformance

Written by `cargo xtask conformance`, from `docs/conformance.in` and the tags of the tests (`conforms: C21+`). What the
RFCs ask of a router, in our words; the test that shows that it is done (+), and the one that shows that what must not be
is not (-). \"No test\" means just that: neither that it works nor that it does not. A lab scenario counts as a test; it
runs in `cargo xtask test`, as everything here does.
";

/// The whole page; what is wrong with a tag.
pub(super) fn page(sections: &[Section], proofs: &[Proof]) -> Result<String> {
    let lines: Vec<&Line> = sections.iter().flat_map(|section| &section.lines).collect();
    for proof in proofs {
        if !lines.iter().any(|line| line.id == proof.id) {
            let Proof { file, name, id, .. } = proof;
            return Err(format!("{file}, {name}: no line has the id `{id}`"));
        }
    }
    let mut page = HEAD.to_owned() + &counts(&lines, proofs);
    for section in sections {
        let _ = write!(page, "\n## {}\n\n", section.heading);
        page.push_str(
            "| | level | source | what | shown (+) | refused (-) |\n|---|---|---|---|---|---|\n",
        );
        for line in &section.lines {
            let what = &line.what;
            let what = match &line.whose {
                Whose::Ours => what.clone(),
                Whose::InPart(missing) => format!("{what} *In part: {missing}.*"),
                Whose::Elsewhere(why) => format!("{what} *Not ours: {why}.*"),
            };
            let (plus, minus) = (cell(line, proofs, true), cell(line, proofs, false));
            let _ = writeln!(
                page,
                "| {} | {} | {} | {what} | {plus} | {minus} |",
                line.id, line.level, line.source
            );
        }
    }
    Ok(page)
}

fn shown(line: &Line, proofs: &[Proof], positive: bool) -> bool {
    let its = |proof: &Proof| proof.id == line.id && proof.positive == positive;
    proofs.iter().any(its)
}

fn is_ours(line: &Line) -> bool {
    !matches!(line.whose, Whose::Elsewhere(_))
}

fn counts(lines: &[&Line], proofs: &[Proof]) -> String {
    let ours: Vec<&Line> = lines.iter().filter(|line| is_ours(line)).copied().collect();
    let part = |line: &&&Line| matches!(line.whose, Whose::InPart(_));
    let mut text = format!(
        "\n{} lines, of which {} are ours, {} of them in part. Of ours\n\n",
        lines.len(),
        ours.len(),
        ours.iter().filter(part).count()
    );
    for (plus, minus, what) in [
        (true, true, "have both"),
        (true, false, "are shown to be done only"),
        (false, true, "are shown to be refused only"),
        (false, false, "have no test"),
    ] {
        let is = |line: &&&Line| {
            (shown(line, proofs, true), shown(line, proofs, false)) == (plus, minus)
        };
        let _ = writeln!(text, "- {} {what}", ours.iter().filter(is).count());
    }
    text
}

/// Its tests, by file.
fn cell(line: &Line, proofs: &[Proof], positive: bool) -> String {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for proof in proofs {
        if proof.id == line.id && proof.positive == positive {
            files.entry(&proof.file).or_default().push(&proof.name);
        }
    }
    if files.is_empty() {
        let said = if is_ours(line) { "no test" } else { "" };
        return said.to_owned();
    }
    let each = |(file, names): (&str, Vec<&str>)| format!("`{file}`: {}", names.join(", "));
    files.into_iter().map(each).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, whose: &str) -> Line {
        Line {
            id: id.to_owned(),
            level: "MUST".to_owned(),
            source: "RFC 1".to_owned(),
            what: "What.".to_owned(),
            whose: Whose::read(whose),
        }
    }

    fn proof(id: &str, positive: bool) -> Proof {
        Proof {
            id: id.to_owned(),
            positive,
            file: "a.rs".to_owned(),
            name: "t".to_owned(),
        }
    }

    #[test]
    fn counts_and_cells() {
        let sections = [Section {
            heading: "A".to_owned(),
            lines: vec![
                line("C01", ""),
                line("C02", "in part: half"),
                line("C03", "the kernel's"),
            ],
        }];
        let text = page(&sections, &[proof("C01", true), proof("C01", false)]).unwrap_or_default();
        for said in [
            "3 lines, of which 2 are ours, 1 of them in part.",
            "- 1 have both\n",
            "- 1 have no test\n",
            "| C01 | MUST | RFC 1 | What. | `a.rs`: t | `a.rs`: t |\n",
            "| C02 | MUST | RFC 1 | What. *In part: half.* | no test | no test |\n",
            "| C03 | MUST | RFC 1 | What. *Not ours: the kernel's.* |  |  |\n",
        ] {
            assert!(text.contains(said), "{said} in\n{text}");
        }
    }

    #[test]
    fn an_unknown_id_is_a_mistake() {
        let sections = [Section {
            heading: "A".to_owned(),
            lines: vec![line("C01", "")],
        }];
        let error = page(&sections, &[proof("C99", true)]).map(|_| ());
        assert_eq!(error, Err("a.rs, t: no line has the id `C99`".to_owned()));
    }
}
