//! How a job ended: as lines that a guest hands to its host, and as the end of a run's story.

use std::time::Duration;

/// How a job ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) title: String,
    pub(super) passed: bool,
    /// Of all tries.
    pub(super) seconds: f64,
    /// How many.
    pub(super) tries: u32,
    /// It failed while the machine stood still for so long.
    pub(super) disturbed: Option<Duration>,
    /// What failed, in each try.
    pub(super) reasons: Vec<String>,
}

impl Outcome {
    /// One line of a job's verdict, and one for each reason.
    pub(super) fn lines(&self) -> String {
        let word = if self.passed { "pass" } else { "fail" };
        let disturbed = self.disturbed.unwrap_or_default().as_millis();
        let (title, seconds, tries) = (&self.title, self.seconds, self.tries);
        let mut text = format!("{title}\t{word}\t{seconds:.1}\t{tries}\t{disturbed}\n");
        for reason in &self.reasons {
            text += &format!("{}\twhy\t{reason}\n", self.title);
        }
        text
    }

    /// Reads a job's lines among those of all; a job without any has failed.
    pub(super) fn read(title: &str, lines: &str) -> Self {
        let mut outcome = Self {
            title: title.to_owned(),
            ..Self::default()
        };
        let own = lines
            .lines()
            .filter_map(|line| line.strip_prefix(title)?.strip_prefix('\t'));
        for line in own {
            match line.split('\t').collect::<Vec<_>>().as_slice() {
                ["why", reason] => outcome.reasons.push((*reason).to_owned()),
                [word, seconds, tries, disturbed] => {
                    outcome.passed = *word == "pass";
                    outcome.seconds = seconds.parse().unwrap_or_default();
                    outcome.tries = tries.parse().unwrap_or_default();
                    let millis = disturbed.parse().unwrap_or_default();
                    outcome.disturbed = (millis > 0).then(|| Duration::from_millis(millis));
                }
                _ => {}
            }
        }
        outcome
    }
}

/// What the story of a job says of its failures.
pub(super) fn reasons(story: &str) -> impl Iterator<Item = String> {
    let failed = |line: &str| Some(line.split_once(" s  FAILED: ")?.1.replace('\t', " "));
    story.lines().filter_map(failed)
}

/// A line for each job, why some failed, and `N passed, N failed, 0 skipped`. True if nothing
/// failed.
pub(super) fn summary(outcomes: &[Outcome]) -> (String, bool) {
    let mut sorted: Vec<&Outcome> = outcomes.iter().collect();
    sorted.sort_by(|one, other| one.title.cmp(&other.title));
    let mut text = String::from("\n");
    for outcome in &sorted {
        let word = if outcome.passed { "pass" } else { "FAIL" };
        text += &format!("{word}  {:6.1} s  {}", outcome.seconds, outcome.title);
        if let Some(time) = outcome.disturbed {
            let tries = outcome.tries;
            text += &format!(", tries: {tries}, the machine stood still for {time:.0?}");
        }
        text += "\n";
    }
    for outcome in &sorted {
        for reason in &outcome.reasons {
            text += &format!("{}: {reason}\n", outcome.title);
        }
    }
    let again = sorted.iter().filter(|each| each.tries > 1).count();
    if again > 0 {
        text += &format!("{again} of them tried again\n");
    }
    let failed = sorted.iter().filter(|each| !each.passed).count();
    let passed = sorted.len() - failed;
    text += &format!("{passed} passed, {failed} failed, 0 skipped\n");
    (text, failed == 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Outcome, reasons, summary};
    use std::time::Duration;

    fn disturbed() -> Outcome {
        Outcome {
            title: "lease[holdfast+holdfast]".into(),
            passed: true,
            seconds: 31.5,
            tries: 2,
            disturbed: Some(Duration::from_millis(83)),
            reasons: vec!["172.168.2.20: 61ms (at most 50ms)".into()],
        }
    }

    #[test]
    fn what_a_guest_writes_its_host_reads() {
        let other = Outcome {
            title: "nat[holdfast+holdfast]".into(),
            passed: true,
            ..Outcome::default()
        };
        let text = other.lines() + &disturbed().lines();
        assert_eq!(
            Outcome::read("lease[holdfast+holdfast]", &text),
            disturbed()
        );
        assert_eq!(Outcome::read("nat[holdfast+holdfast]", &text), other);
        assert!(!Outcome::read("never_ran[holdfast+holdfast]", &text).passed);
    }

    #[test]
    fn the_last_line_counts_and_reasons_stand_before_it() {
        let failed = Outcome {
            title: "nat[holdfast+holdfast]".into(),
            reasons: reasons("   1.000 s  ok: x\n   2.000 s  FAILED: no answer\n").collect(),
            ..Outcome::default()
        };
        let (text, all) = summary(&[failed, disturbed()]);
        assert!(!all);
        assert!(text.ends_with("1 of them tried again\n1 passed, 1 failed, 0 skipped\n"));
        assert!(
            text.contains("nat[holdfast+holdfast]: no answer\n"),
            "{text}"
        );
        assert!(
            text.contains("tries: 2, the machine stood still for 83ms"),
            "{text}"
        );
    }
}
