//! The page: a row a figure. Pure.

use super::Fault;
use super::figure::{Figure, Timing, middle_and_most};
use std::fmt::Write as _;

/// Begins the line of an error.
const ENDED: &str = "ended:";

/// What was measured of one program: a row of values each time.
#[derive(Debug, Default, Clone)]
pub(super) struct Measured {
    pub(super) rows: Vec<Vec<f64>>,
    /// Why there are no more.
    pub(super) error: Option<String>,
}

impl Measured {
    /// A line each time, and one for the error; [`Self::read`] reads it back.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let values: Vec<String> = row.iter().map(f64::to_string).collect();
            text += &(values.join(" ") + "\n");
        }
        if let Some(error) = &self.error {
            text += &format!("{ENDED} {}\n", error.replace('\n', " "));
        }
        text
    }

    pub(super) fn read(text: &str) -> Self {
        let mut measured = Self::default();
        for line in text.lines() {
            match line.strip_prefix(ENDED) {
                Some(error) => measured.error = Some(error.trim().to_owned()),
                None => {
                    let values = line.split(' ').filter_map(|word| word.parse().ok());
                    measured.rows.push(values.collect());
                }
            }
        }
        measured
    }

    fn of(&self, figure: usize) -> Vec<f64> {
        let values = self.rows.iter().filter_map(|row| row.get(figure));
        values.copied().collect()
    }
}

/// Whether a program kept the promises.
pub(super) fn kept(fault: &Fault, timing: Timing, measured: &Measured) -> bool {
    let within = |(index, figure): (usize, &Figure)| {
        let values = measured.of(index);
        let kept = |value: &f64| figure.bound.is_kept(*value, timing);
        !values.is_empty() && values.iter().all(kept)
    };
    measured.error.is_none() && fault.figures.iter().enumerate().all(within)
}

/// A row for each figure of a fault; a program that was not asked for has `-`.
pub(super) fn rows(fault: &Fault, timing: Timing, found: [Option<&Measured>; 2]) -> String {
    let mut text = String::new();
    for (index, figure) in fault.figures.iter().enumerate() {
        let promise = figure.bound.promise(timing);
        let cell = |measured: Option<&Measured>| {
            let values = measured.map(|measured| measured.of(index));
            let both = values.and_then(|values| middle_and_most(&values));
            both.map_or("- | -".to_owned(), |(middle, most)| {
                format!(
                    "{} | {}",
                    figure.bound.words(middle),
                    figure.bound.words(most)
                )
            })
        };
        let (number, what) = match index {
            0 => (fault.number.to_string(), fault.what),
            _ => (String::new(), ""),
        };
        let _infallible = writeln!(
            text,
            "| {number} | {what} | {} | {promise} | {} | {} |",
            figure.what,
            cell(found[0]),
            cell(found[1])
        );
    }
    text
}

/// What stands above the rows.
pub(super) const HEAD: &str = "\
| # | fault | figure | at most | Holdfast: median | most | keepalived: median | most |
|---|---|---|---|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use super::super::bed::Setup;
    use super::super::figure::{Bound, FOR_EVER};
    use super::super::{Act, Runs};
    use super::*;
    use std::time::Duration;

    const FAULT: Fault = Fault {
        number: 2,
        name: "kill9",
        what: "kill -9",
        setup: Setup::Plain,
        runs: Runs::Always,
        figures: &[
            Figure {
                what: "outage",
                bound: Bound::Down,
            },
            Figure {
                what: "moves",
                bound: Bound::Count(0),
            },
        ],
        act: Act::Pair(|_| Ok(Vec::new())),
    };
    const TIMING: Timing = Timing {
        interval: Duration::from_secs(1),
    };

    fn measured(rows: &[[f64; 2]]) -> Measured {
        Measured {
            rows: rows.iter().map(|row| row.to_vec()).collect(),
            error: None,
        }
    }

    #[test]
    fn each_value_of_each_figure_has_to_be_within_its_bound() {
        let kept = |measured: &Measured| kept(&FAULT, TIMING, measured);
        assert!(kept(&measured(&[[3.7, 0.0], [0.0, 0.0]])));
        assert!(!kept(&measured(&[[3.72, 0.0], [0.0, 0.0]])));
        assert!(!kept(&measured(&[[3.7, 0.0], [0.0, 1.0]])));
        assert!(!kept(&measured(&[[FOR_EVER, 0.0]])));
        assert!(!kept(&Measured::default()), "nothing was measured");
        let mut broken = measured(&[[3.7, 0.0]]);
        broken.error = Some("no lab".into());
        assert!(!kept(&broken));
    }

    #[test]
    fn what_was_measured_elsewhere_is_read_back() {
        let mut found = measured(&[[0.125, FOR_EVER], [3.0, 0.0]]);
        assert_eq!(Measured::read(&found.text()).rows, found.rows);
        assert_eq!(Measured::read(&found.text()).error, None);
        found.error = Some("no\nlab".into());
        let back = Measured::read(&found.text());
        assert_eq!(back.rows, found.rows);
        assert_eq!(back.error.as_deref(), Some("no lab"));
    }

    #[test]
    fn the_fault_stands_in_its_first_row() {
        let (ours, theirs) = (
            measured(&[[3.0, 0.0], [3.5, 0.0]]),
            measured(&[[FOR_EVER, 2.0]]),
        );
        assert_eq!(
            rows(&FAULT, TIMING, [Some(&ours), Some(&theirs)]),
            "| 2 | kill -9 | outage | 3.71 s | 3.50 s | 3.50 s | for ever | for ever |\n\
             |  |  | moves | 0 | 0 | 0 | 2 | 2 |\n"
        );
        assert!(rows(&FAULT, TIMING, [Some(&ours), None]).contains("| 0 | 0 | - | - |"));
    }
}
