//! `holdfast explain WORD`.

use holdfast_config::{Built, explain as codes, manual};

/// A code's page, or what the tables say of a keyword in each block that has it. None: neither.
pub fn explain(word: &str) -> Option<String> {
    if let Some(page) = codes::page(word) {
        return Some(page.to_owned());
    }
    let mut text = String::new();
    for keyword in manual() {
        let mut names = keyword.aliases.iter().chain([&keyword.name]);
        if !names.any(|name| *name == word) {
            continue;
        }
        let value = keyword.value.map(|value| format!(" <{value}>"));
        let state = match keyword.built {
            Built::Works => "",
            Built::Parsed => "  Accepted, and has no effect yet.\n",
        };
        text.push_str(&format!(
            "{}{} (in {})\n  {}\n{state}",
            keyword.name,
            value.unwrap_or_default(),
            keyword.block,
            keyword.doc
        ));
        if !keyword.aliases.is_empty() {
            text.push_str(&format!("  Also: {}.\n", keyword.aliases.join(", ")));
        }
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_keywords_and_nothing() {
        assert!(explain("hf0107").is_some_and(|page| page.starts_with("# HF0107")));
        let retry = explain("retry").unwrap_or_default();
        assert!(retry.contains("(in virtual_server)") && retry.contains("(in TCP_CHECK)"));
        assert!(explain("lvs_sched").is_some_and(|text| text.contains("lb_algo")));
        assert_eq!(explain("yum"), None);
    }
}
