//! The text of `-h`.

use crate::options::{Part, ROWS, Row, Takes};

const COLUMN: usize = 37;

const USAGE: &str = "\
Usage: ipvsadm COMMAND [OPTION...]
       ipvsadm -A|-E SERVICE [-s NAME] [-b FLAGS] [-p [SECONDS]] [-M MASK] [--pe NAME] [-o]
       ipvsadm -D SERVICE
       ipvsadm -a|-e SERVICE -r HOST[:PORT] [-g|-i|-m] [-w NUMBER] [-x NUMBER] [-y NUMBER]
       ipvsadm -d SERVICE -r HOST[:PORT]
       ipvsadm [-L|-l] [SERVICE] [-n] [OPTION...]
       ipvsadm -Z [SERVICE]
       ipvsadm -C | -R | -S [-n]
       ipvsadm --set TCP TCPFIN UDP
       ipvsadm --start-daemon|--stop-daemon master|backup [OPTION...]
       ipvsadm-save [-n] | ipvsadm-restore (empties the table first)

The command stands first. SERVICE is one of -t, -u, --sctp-service and -f.
";

const STATUS: &str = "
Exit status: 0 done; 1 nothing to list; 2 options that make no sense together, or no IPVS in the
kernel; 255 the kernel refused, or a word was not understood. -R goes on after a refusal and ends
as its last line did.
";

/// What `-v` prints: the command is ipvsadm 1.31's.
pub fn version(kernel: Option<(u8, u8, u8)>) -> String {
    let (major, minor, patch) = kernel.unwrap_or((1, 2, 1));
    format!(
        "ipvsadm v1.31 (Holdfast v{}, IPVS v{major}.{minor}.{patch})\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Every command and every option.
pub fn help() -> String {
    let mut text = USAGE.to_owned();
    for (part, title) in [
        (Part::Command, "Commands"),
        (Part::Service, "Services"),
        (Part::OfService, "Options of -A and -E"),
        (Part::OfServer, "Options of -a and -e (-d: -r)"),
        (Part::OfList, "Options of -L (-S: -n)"),
        (Part::OfDaemon, "Options of --start-daemon"),
    ] {
        text.push_str(&format!("\n{title}:\n"));
        for row in ROWS.iter().filter(|row| row.part == part) {
            option(&mut text, row);
        }
    }
    text.push_str(STATUS);
    text
}

fn option(text: &mut String, row: &Row) {
    let mut words: Vec<String> = row
        .short
        .chars()
        .map(|letter| format!("-{letter}"))
        .collect();
    words.push(format!("--{}", row.long));
    let mut words = words.join(", ");
    match row.takes {
        Takes::Nothing => {}
        Takes::Value(name) => words.push_str(&format!(" {name}")),
        Takes::Perhaps(name) => words.push_str(&format!(" [{name}]")),
    }
    text.push_str(&format!("  {words:<COLUMN$} {}\n", row.help));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_stands_in_the_help() {
        let text = help();
        for row in ROWS {
            assert!(text.contains(&format!("--{}", row.long)), "{}", row.long);
        }
        assert!(text.contains("-L, -l, --list"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 110), "{text}");
    }
}
