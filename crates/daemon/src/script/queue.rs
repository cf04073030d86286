//! One script at a time about one thing, in order.

use holdfast_model::Script;
use std::collections::{BTreeMap, VecDeque};

/// Scripts that may wait about one thing: eight transitions with two scripts each. Beyond it the
/// oldest is given up, since what is true now matters more.
const WAITING: usize = 16;

/// What to run.
pub(crate) type Job = (Script, Vec<String>);

/// Scripts that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    subjects: BTreeMap<String, Waiting>,
    /// Whose turn comes after this one's.
    last: String,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    running: bool,
}

impl Queue {
    /// Adds a script; the one that is given up for it, if any.
    pub(crate) fn push(&mut self, subject: &str, job: Job) -> Option<Job> {
        let waiting = self.subjects.entry(subject.to_owned()).or_default();
        waiting.jobs.push_back(job);
        (waiting.jobs.len() > WAITING)
            .then(|| waiting.jobs.pop_front())
            .flatten()
    }

    /// The next script that may run, all subjects in turn. It counts as running from now on.
    pub(crate) fn next(&mut self) -> Option<(String, Job)> {
        let ready =
            |(_, waiting): &(&String, &Waiting)| !waiting.running && !waiting.jobs.is_empty();
        let after = self
            .subjects
            .iter()
            .find(|entry| ready(entry) && *entry.0 > self.last);
        let first = || self.subjects.iter().find(ready);
        let subject = after.or_else(first)?.0.clone();
        let waiting = self.subjects.get_mut(&subject)?;
        let job = waiting.jobs.pop_front()?;
        waiting.running = true;
        self.last.clone_from(&subject);
        Some((subject, job))
    }

    /// The running script of `subject` has ended.
    pub(crate) fn done(&mut self, subject: &str) {
        let Some(waiting) = self.subjects.get_mut(subject) else {
            return;
        };
        waiting.running = false;
        if waiting.jobs.is_empty() {
            self.subjects.remove(subject);
        }
    }

    /// True when nothing waits and nothing runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.subjects.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(number: usize) -> Job {
        (Script::default(), vec![number.to_string()])
    }

    fn next(queue: &mut Queue) -> Option<(String, String)> {
        let (subject, (_, arguments)) = queue.next()?;
        Some((subject, arguments.concat()))
    }

    fn pair(subject: &str, number: &str) -> Option<(String, String)> {
        Some((subject.to_owned(), number.to_owned()))
    }

    #[test]
    fn one_at_a_time_in_order_and_each_in_turn() {
        let mut queue = Queue::default();
        for number in 0..3 {
            assert_eq!(queue.push("a", job(number)), None);
        }
        queue.push("b", job(7));
        assert_eq!(next(&mut queue), pair("a", "0"));
        assert_eq!(next(&mut queue), pair("b", "7"));
        assert_eq!(next(&mut queue), None, "both run");
        queue.done("a");
        assert_eq!(next(&mut queue), pair("a", "1"));
        queue.done("b");
        queue.done("a");
        assert_eq!(next(&mut queue), pair("a", "2"));
        assert!(!queue.is_idle());
        queue.done("a");
        assert!(queue.is_idle());
    }

    #[test]
    fn the_oldest_is_given_up() {
        let mut queue = Queue::default();
        for number in 0..WAITING {
            assert_eq!(queue.push("a", job(number)), None);
        }
        assert_eq!(queue.push("a", job(99)), Some(job(0)));
        assert_eq!(next(&mut queue), pair("a", "1"));
    }
}
