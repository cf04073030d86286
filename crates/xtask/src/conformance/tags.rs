//! What tests say of themselves.

use crate::Result;
use crate::tidy::{files, read};
use std::path::Path;

/// Before the ids; in a Rust file, and in a configuration that is a case.
const TAGS: &[(&str, &str)] = &[("rs", "// conforms: "), ("conf", "# conforms: ")];

/// That a line is shown, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Proof {
    pub(super) id: String,
    /// What has to be done is done; else, what must not be is not.
    pub(super) positive: bool,
    /// Without `crates/`.
    pub(super) file: String,
    /// Of the test, or of its row in a table.
    pub(super) name: String,
}

/// Of every test, in the order of the files.
pub(super) fn all(root: &Path) -> Result<Vec<Proof>> {
    let mut proofs = Vec::new();
    for folder in ["crates", "tests"] {
        for path in files(&root.join(folder))? {
            let file = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
            let extension = path.extension().unwrap_or_default();
            let tag = TAGS.iter().find(|(known, _)| extension == *known);
            if let Some((_, tag)) = tag {
                proofs.extend(of(&file, &read(&path)?, tag)?);
            }
        }
    }
    Ok(proofs)
}

fn of(file: &str, text: &str, tag: &str) -> Result<Vec<Proof>> {
    let mut proofs = Vec::new();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    for (number, line) in lines.iter().enumerate() {
        let Some(ids) = line.strip_prefix(tag) else {
            continue;
        };
        let place = format!("{file}:{}", number + 1);
        let following = lines.get(number + 1..).unwrap_or_default();
        let (file, name) = if tag.starts_with('#') {
            // a case is its folder
            let folder = file.trim_end_matches("/keepalived.conf");
            let (parent, name) = folder.rsplit_once('/').unwrap_or(("", folder));
            (parent.to_owned(), name.to_owned())
        } else {
            let name = name(following).ok_or(format!("{place}: a tag, and no test below it"))?;
            (file.trim_start_matches("crates/").to_owned(), name)
        };
        for word in ids.split_whitespace() {
            let (id, sign) = word.split_at(word.len().saturating_sub(1));
            if !matches!(sign, "+" | "-") {
                return Err(format!("{place}: expected ids with + or -, found `{word}`"));
            }
            proofs.push(Proof {
                id: id.to_owned(),
                positive: sign == "+",
                file: file.clone(),
                name: name.clone(),
            });
        }
    }
    Ok(proofs)
}

/// Of the next function, or else the first text of the next row.
fn name(lines: &[&str]) -> Option<String> {
    for line in lines.iter().take(12) {
        if line.starts_with("//") || line.starts_with("#[") {
            continue;
        }
        if let Some((_, rest)) = line.split_once("fn ")
            && let Some((name, _)) = rest.split_once('(')
        {
            return Some(name.to_owned());
        }
        if let Some((_, rest)) = line.split_once('"')
            && let Some((name, _)) = rest.split_once('"')
        {
            let row = name.contains(' ');
            return Some(if row {
                format!("\"{name}\"")
            } else {
                name.to_owned()
            });
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_rows_and_cases_are_named() {
        let rust = "// conforms: C01+ C02-\n#[test]\nfn a_test() {\n// conforms: C03-\n(\n\"a row\", 1),\n";
        let proofs = of("crates/x/a.rs", rust, TAGS[0].1).unwrap_or_default();
        let said: Vec<_> = proofs
            .iter()
            .map(|proof| (proof.id.as_str(), proof.positive, proof.name.as_str()))
            .collect();
        let expected = [
            ("C01", true, "a_test"),
            ("C02", false, "a_test"),
            ("C03", false, "\"a row\""),
        ];
        assert_eq!(said, expected);
        assert_eq!(proofs[0].file, "x/a.rs");

        let case = of(
            "tests/config/err/1_x/keepalived.conf",
            "a\n# conforms: C07-\n",
            TAGS[1].1,
        );
        let case = case.unwrap_or_default();
        assert_eq!(
            (case[0].file.as_str(), case[0].name.as_str()),
            ("tests/config/err", "1_x")
        );
    }

    #[test]
    fn a_tag_without_a_test_or_a_sign_is_a_mistake() {
        for text in ["// conforms: C01+\n", "// conforms: C01\nfn a() {\n"] {
            assert!(of("crates/x/a.rs", text, TAGS[0].1).is_err(), "{text}");
        }
    }
}
