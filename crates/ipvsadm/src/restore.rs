//! The lines of `-R`.

/// One line that asks something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: usize,
    /// Its words.
    pub words: Vec<String>,
}

/// The lines of `text` that ask something: a word `ipvsadm` counts for nothing, and a line that
/// starts with `#` is a comment.
pub fn lines(text: &str) -> Vec<Line> {
    let words = |line: &str| -> Vec<String> {
        line.split([' ', '\t', '\r'])
            .filter(|word| !word.is_empty() && *word != "ipvsadm")
            .map(str::to_owned)
            .collect()
    };
    text.split('\n')
        .enumerate()
        .map(|(index, line)| Line {
            number: index + 1,
            words: words(line),
        })
        .filter(|line| {
            line.words
                .first()
                .is_some_and(|word| !word.starts_with('#'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_words() {
        let text = "-A -t 10.0.0.1:80\r\n\n  ipvsadm\t-C  \n# no\n#-C\nipvsadm\n-Z";
        let read: Vec<(usize, String)> = lines(text)
            .into_iter()
            .map(|line| (line.number, line.words.join(" ")))
            .collect();
        let expected = [(1, "-A -t 10.0.0.1:80"), (3, "-C"), (7, "-Z")];
        let expected: Vec<_> = expected.map(|(at, line)| (at, line.to_owned())).to_vec();
        assert_eq!(read, expected);
    }
}
