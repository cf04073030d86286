//! `holdfast why`.

use super::{ago, vrrp};
use crate::report::{Happening, Watched, Why};
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// The story of an instance, from now backwards.
pub fn why(why: &Why) -> String {
    story(why, &TimeZone::system())
}

fn story(why: &Why, zone: &TimeZone) -> String {
    let one = &why.instance;
    let mut text = format!(
        "{} is {} for {}, priority {}",
        one.name,
        one.state,
        ago(one.in_state_ms),
        one.effective_priority
    );
    if one.priority != one.effective_priority {
        let _infallible = write!(text, " ({} in the file)", one.priority);
    }
    text.push('\n');
    if let Some(master) = vrrp::master(one) {
        let _infallible = writeln!(text, "  {master}");
    }
    section(&mut text, "Because", &why.because);
    section(&mut text, "What would change it", &why.would_change);
    let watched: Vec<String> = why.watched.iter().map(watched).collect();
    section(&mut text, "What it watches", &watched);
    let history: Vec<String> = {
        let all = why.history.iter();
        all.map(|one| happening(one, zone)).collect()
    };
    section(&mut text, "What happened", &history);
    let since = ago(why.remembers_ms);
    let _infallible = writeln!(
        text,
        "  (before that nothing is known: Holdfast began {since} ago)"
    );
    text
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _infallible = writeln!(text, "{title}:");
    for line in lines {
        let _infallible = writeln!(text, "  {line}");
    }
}

fn watched(one: &Watched) -> String {
    let reverse = if one.reverse { " reverse" } else { "" };
    format!(
        "{}: {}, weight {}{reverse}: {}",
        one.name, one.level, one.weight, one.effect
    )
}

fn happening(one: &Happening, zone: &TimeZone) -> String {
    let times = match one.times {
        0 | 1 => String::new(),
        times => format!(" ({times} times)"),
    };
    let age = format!("{} ago", ago(one.ago_ms));
    let at = i64::try_from(one.at_ms).unwrap_or(i64::MAX);
    let at = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    let at = at.to_zoned(zone.clone()).strftime("%F %T");
    format!("{at}  {age:<18}  {}{times}", one.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Instance, Master};

    #[test]
    fn a_story_reads_from_now_backwards() {
        let story = Why {
            instance: Instance {
                name: "VI".to_owned(),
                state: "BACKUP".to_owned(),
                in_state_ms: 5000,
                priority: 100,
                effective_priority: 70,
                master: Some(Master {
                    address: Some("192.0.2.3".to_owned()),
                    priority: 90,
                    here: false,
                }),
                ..Instance::default()
            },
            because: vec!["the master is better".to_owned()],
            would_change: vec!["silence".to_owned()],
            watched: vec![Watched {
                name: "file load".to_owned(),
                level: "-30".to_owned(),
                weight: 1,
                reverse: false,
                effect: "-30 to its priority".to_owned(),
            }],
            history: vec![Happening {
                at_ms: 1_767_323_045_000,
                ago_ms: 5000,
                times: 2,
                what: "Entering BACKUP STATE".to_owned(),
            }],
            remembers_ms: 61_000,
        };
        let expected = "\
VI is BACKUP for 5 s, priority 70 (100 in the file)
  the master is 192.0.2.3, priority 90
Because:
  the master is better
What would change it:
  silence
What it watches:
  file load: -30, weight 1: -30 to its priority
What happened:
  2026-01-02 03:04:05  5 s ago             Entering BACKUP STATE (2 times)
  (before that nothing is known: Holdfast began 1 min 1 s ago)
";
        assert_eq!(super::story(&story, &TimeZone::UTC), expected);
    }
}
