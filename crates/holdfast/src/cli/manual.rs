//! docs/holdfast.8, made of the tables of commands and options.

use super::commands::COMMANDS;
use super::table::{ROWS, Row, State, Value};

const BEFORE: &str = "\
.TH HOLDFAST 8
.SH NAME
holdfast \\- virtual addresses and load balancing, highly available
.SH SYNOPSIS
.B holdfast
.RI [ OPTION ...]
.br
.B holdfast
.I COMMAND
.RI [ OPTION ...]
.RI [ WORD ...]
.SH DESCRIPTION
Without a command it is the daemon: it reads
.BR holdfast.conf (5),
which is a keepalived.conf, runs VRRP, owns the virtual addresses, checks real servers and keeps the
kernel\\(aqs IPVS table true. It is called as keepalived is, and answers the same signals.
.SH OPTIONS OF THE DAEMON
";

const AFTER: &str = "\
.SH RECORDING
With
.B \\-\\-record
the VRRP worker writes down what it is told (adverts, links, the kernel\\(aqs answers, levels of what is watched, reloads, the clock)
and what it does, as lines of JSON, and
.B cargo xtask sim replay
.I FILE
in the source tree does it again: it says where the machine would act otherwise, and which promise was broken.
A file that is full becomes
.IR FILE .1,
and the next begins with everything that is needed to go on; so does one after a restart. What cannot be written in time is
counted, and the count is on the tape; a file that cannot be written ends the recording with a line in the log.
The file is for root only. auth_pass and the keys of auth_hmac are not in it: stand\\-ins are, in the configuration and in
adverts, by which the same adverts are believed. Addresses, names and the command lines of scripts are.
.SH SIGNALS
.TP
.B SIGHUP
Reads the configuration again. One that cannot be run is refused, and changes nothing.
.TP
.BR SIGTERM \", \" SIGINT
Hands over to the peer and ends.
.TP
.BR SIGUSR1 \", \" SIGUSR2
Write states and counters into the run directory.
.SH EXIT STATUS
Of the daemon: 0 it was stopped, 1 it could not go on, 2 the configuration cannot be run, 4 it is not run by root,
6 there is no configuration.
.SH FILES
.TP
.IR /etc/holdfast/holdfast.conf \", \" /etc/keepalived/keepalived.conf
The configuration: the first that exists.
.TP
.I /run/holdfast
Pid files, the control socket, and what a killed daemon\\(aqs
.B holdfast release
gives back.
.SH SEE ALSO
.BR holdfast.conf (5)
";

/// The page.
pub(super) fn manual() -> String {
    let mut text = BEFORE.to_owned();
    for row in ROWS {
        option(&mut text, row);
    }
    text.push_str(".SH COMMANDS\n");
    for command in COMMANDS {
        let usage = plain(command.usage);
        text.push_str(&format!(".SS {} {usage}\n", command.name));
        text.push_str(&format!("{}.\n", sentence(command.help)));
        for row in command.options {
            option(&mut text, row);
        }
    }
    text.push_str(AFTER);
    text
}

fn option(text: &mut String, row: &Row) {
    let short = row
        .short
        .map_or(String::new(), |s| format!("\\fB\\-{s}\\fR, "));
    let value = match row.value {
        Value::No => String::new(),
        Value::Needed(name) => format!("=\\fI{}\\fR", plain(name)),
        Value::Attached(name) => format!("[=\\fI{}\\fR]", plain(name)),
    };
    let long = plain(row.long);
    let unbuilt = match row.state {
        State::Works => "",
        State::Unbuilt => " (No effect yet.)",
    };
    let help = sentence(row.help);
    text.push_str(&format!(
        ".TP\n{short}\\fB\\-\\-{long}\\fR{value}\n{help}.{unbuilt}\n"
    ));
}

/// With a capital, and nothing that roff reads.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    plain(&first.into_iter().chain(letters).collect::<String>())
}

fn plain(words: &str) -> String {
    words
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_page_is_as_the_tables_are() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/holdfast.8");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, super::manual()).expect("write");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == super::manual(),
            "docs/holdfast.8 is old: run `cargo xtask keywords`"
        );
    }
}
