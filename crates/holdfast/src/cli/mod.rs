//! The command line: keepalived's options as they are, and our own beside them.

mod ask;
mod change;
mod check;
mod commands;
mod complete;
mod help;
#[cfg(test)]
mod manual;
mod options;
mod table;
mod tidy;

pub(crate) use ask::{StatusRequest, WhyRequest};
pub(crate) use change::{TakeoverRequest, UpgradeRequest};
pub(crate) use check::Check;
pub(crate) use complete::Shell;
pub(crate) use help::help;
pub(crate) use options::{Options, UsageError};

/// What the program was called for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// The daemon (keepalived's way of being called).
    Run(Options),
    /// `-t`.
    ConfigTest(Options),
    /// `-h`.
    Help,
    /// `-v`.
    Version,
    /// `--signum=NAME`.
    SignalNumber(i32),
    /// `holdfast release`: give back what a dead daemon held.
    Release(Options),
    /// `holdfast check`: what is wrong with some files.
    Check(Check),
    /// `holdfast fmt`: files in good order.
    Format {
        /// Which.
        files: Vec<std::path::PathBuf>,
        /// Only name those that are not.
        check: bool,
    },
    /// `holdfast config --dump json`: what a file means.
    Dump {
        /// None: the file that the daemon would take.
        file: Option<std::path::PathBuf>,
        /// `-i`.
        config_id: Option<String>,
    },
    /// `holdfast explain WORD`.
    Explain(String),
    /// `holdfast doctor [FILE]`.
    Doctor(crate::doctor::Request),
    /// `holdfast realserver ...`.
    RealServer(Vec<std::ffi::OsString>),
    /// `holdfast director ...`.
    Director(Vec<std::ffi::OsString>),
    /// `holdfast ipvsadm ...`: read by ipvsadm's rules, not by ours.
    Ipvsadm(Vec<std::ffi::OsString>),
    /// `holdfast status`.
    Status(StatusRequest),
    /// `holdfast why INSTANCE`.
    Why(WhyRequest),
    /// `holdfast drain`, `disable`, `enable`, `weight`.
    Order {
        /// Which.
        command: &'static str,
        /// What follows.
        words: Vec<std::ffi::OsString>,
    },
    /// `holdfast takeover`.
    Takeover(TakeoverRequest),
    /// `holdfast handback`.
    Handback(std::path::PathBuf),
    /// `holdfast upgrade`.
    Upgrade(UpgradeRequest),
    /// `holdfast completions SHELL`.
    Completions(Shell),
    /// Started by the supervisor: read the files.
    Compile {
        /// Where the model goes.
        memfd: i32,
        /// Its number.
        generation: u64,
        /// The model that runs.
        running: Option<i32>,
        /// The daemon's options.
        options: Options,
    },
    /// Started by the supervisor of another build: read what it runs.
    Recompile {
        /// Where the model goes.
        memfd: i32,
        /// Its number.
        generation: u64,
        /// What runs.
        running: i32,
        /// How that supervisor would hand over.
        form: u32,
        /// The daemon's options.
        options: Options,
    },
    /// What the supervisor of another build becomes; the options as they are for children, too.
    Upgraded(Options, Vec<std::ffi::OsString>),
    /// Started by the supervisor: one worker.
    Worker(holdfast_supervise::WorkerArguments, Options),
    /// Started by the supervisor: answer those who ask.
    Control(holdfast_supervise::ControlArguments, Options),
    /// Started by the supervisor: run `startup_script` or `shutdown_script`.
    Script {
        /// Which.
        moment: holdfast_supervise::Moment,
        /// The model.
        memfd: i32,
        /// The daemon's options.
        options: Options,
    },
    /// Started by a worker: become a script.
    ExecAs {
        /// As whom.
        identity: holdfast_daemon::script::Identity,
        /// What to run.
        program: std::ffi::OsString,
        /// With what.
        arguments: Vec<std::ffi::OsString>,
    },
}

/// `UID GID GROUPS... -- PROGRAM ARGS`.
fn exec_as(words: &[String], arguments: Vec<std::ffi::OsString>) -> Option<Command> {
    let end = words.iter().position(|word| word == "--")?;
    let numbers: Option<Vec<u32>> = words.get(1..end)?.iter().map(|w| w.parse().ok()).collect();
    let (uid, rest) = numbers.as_ref()?.split_first()?;
    let (gid, groups) = rest.split_first()?;
    let mut arguments = arguments.into_iter().skip(end);
    Some(Command::ExecAs {
        identity: holdfast_daemon::script::Identity {
            uid: *uid,
            gid: *gid,
            groups: groups.to_vec(),
        },
        program: arguments.next()?,
        arguments: arguments.collect(),
    })
}

/// What can be ordered of real servers.
const ORDERS: [&str; 4] = ["drain", "disable", "enable", "weight"];

/// Reads the arguments after the program's name.
pub(crate) fn parse(arguments: Vec<std::ffi::OsString>) -> Result<Command, UsageError> {
    let words: Vec<String> = arguments
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let rest = |from: usize| arguments.get(from..).unwrap_or_default().to_vec();
    match words.first().map(String::as_str) {
        Some("release") => Ok(Command::Release(Options::parse(rest(1))?)),
        Some("check") => Ok(Command::Check(check::parse(rest(1))?)),
        Some("fmt") => tidy::fmt(rest(1)),
        Some("config") => tidy::config(rest(1)),
        Some("doctor") => Ok(Command::Doctor(ask::doctor(rest(1))?)),
        Some("realserver") => Ok(Command::RealServer(rest(1))),
        Some("director") => Ok(Command::Director(rest(1))),
        Some("status") => Ok(Command::Status(ask::status(rest(1))?)),
        Some("why") => Ok(Command::Why(ask::why(rest(1))?)),
        Some(word) if ORDERS.contains(&word) => {
            let known = ORDERS.iter().find(|known| **known == word);
            let command = known.copied().unwrap_or_default();
            let words = rest(1);
            Ok(Command::Order { command, words })
        }
        Some("takeover") => Ok(Command::Takeover(change::takeover(rest(1))?)),
        Some("handback") => Ok(Command::Handback(change::handback(rest(1))?)),
        Some("upgrade") => Ok(Command::Upgrade(change::upgrade(rest(1))?)),
        Some("ipvsadm") => Ok(Command::Ipvsadm(rest(1))),
        Some("explain") => match words.as_slice() {
            [_, word] => Ok(Command::Explain(word.clone())),
            _ => Err(UsageError::Words(
                "explain needs a keyword or a code such as HF0107",
            )),
        },
        Some("completions") => match words.as_slice() {
            [_, shell] => Shell::new(shell).map(Command::Completions),
            _ => None,
        }
        .ok_or(UsageError::Words(
            "completions needs a shell: bash, zsh or fish",
        )),
        Some(
            "compile" | "recompile" | "upgraded" | "exec-as" | "script" | "worker" | "control",
        ) => internal(&words, rest),
        _daemon => {
            let options = Options::parse(arguments)?;
            Ok(if options.help {
                Command::Help
            } else if options.version {
                Command::Version
            } else if let Some(number) = options.signal_number {
                Command::SignalNumber(number)
            } else if options.config_test.is_some() {
                Command::ConfigTest(options)
            } else {
                Command::Run(options)
            })
        }
    }
}

/// What processes of the daemon say to each other.
fn internal(
    words: &[String],
    rest: impl Fn(usize) -> Vec<std::ffi::OsString>,
) -> Result<Command, UsageError> {
    match words.first().map(String::as_str) {
        Some("compile") => {
            let number = |at: usize| words.get(at).and_then(|word| word.parse::<i32>().ok());
            let memfd = number(1).ok_or(UsageError::Internal)?;
            let generation = words.get(2).and_then(|word| word.parse().ok());
            let generation = generation.ok_or(UsageError::Internal)?;
            let options = Options::parse(rest(4))?;
            Ok(Command::Compile {
                memfd,
                generation,
                running: number(3),
                options,
            })
        }
        Some("recompile") => {
            let number = |at: usize| words.get(at).and_then(|word| word.parse::<i32>().ok());
            let generation = words.get(2).and_then(|word| word.parse().ok());
            let form = words.get(4).and_then(|word| word.parse().ok());
            Ok(Command::Recompile {
                memfd: number(1).ok_or(UsageError::Internal)?,
                generation: generation.ok_or(UsageError::Internal)?,
                running: number(3).ok_or(UsageError::Internal)?,
                form: form.ok_or(UsageError::Internal)?,
                options: Options::parse(rest(5))?,
            })
        }
        Some("upgraded") => Ok(Command::Upgraded(Options::parse(rest(1))?, rest(1))),
        Some("exec-as") => exec_as(words, rest(1)).ok_or(UsageError::Internal),
        Some("script") => {
            let word = |at: usize| words.get(at).map(String::as_str);
            let moment = word(1).and_then(holdfast_supervise::Moment::from_word);
            let memfd = word(2).and_then(|word| word.parse().ok());
            let (moment, memfd) = moment.zip(memfd).ok_or(UsageError::Internal)?;
            let options = Options::parse(rest(3))?;
            Ok(Command::Script {
                moment,
                memfd,
                options,
            })
        }
        Some("worker") => {
            let end = holdfast_supervise::WorkerArguments::WORDS;
            let own = words.get(1..end).unwrap_or_default();
            let worker = holdfast_supervise::WorkerArguments::decode(own);
            Ok(Command::Worker(
                worker.ok_or(UsageError::Internal)?,
                Options::parse(rest(end))?,
            ))
        }
        Some("control") => {
            let end = holdfast_supervise::ControlArguments::WORDS;
            let own = words.get(1..end).unwrap_or_default();
            let control = holdfast_supervise::ControlArguments::decode(own);
            Ok(Command::Control(
                control.ok_or(UsageError::Internal)?,
                Options::parse(rest(end))?,
            ))
        }
        _other => Err(UsageError::Internal),
    }
}
