//! Why an argument list asks nothing, with the exit status that ipvsadm has for it.

use crate::options::Opt;

/// The exit status when the kernel refused, or popt did not understand.
pub const STATUS_FAILED: u8 = 255;
/// The exit status when options are wrong.
pub const STATUS_USAGE: u8 = 2;

/// An argument list that asks nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsageError {
    /// The first option is no command, or there is none.
    NoCommand,
    /// popt's: no such option, a value too few or one too many.
    Word {
        /// The word.
        word: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A second command.
    SecondCommand(String),
    /// An option twice.
    Twice(&'static str),
    /// A value that the option does not take.
    Value {
        /// The option's long name.
        option: &'static str,
        /// What was given.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
    /// An option that the command needs.
    Needs {
        /// Who needs it.
        who: &'static str,
        /// What.
        option: &'static str,
    },
    /// An option that the command does not take.
    Illegal {
        /// Who does not take it.
        who: &'static str,
        /// What.
        option: &'static str,
    },
    /// Two options that exclude each other.
    Conflict {
        /// Where.
        who: &'static str,
        /// One.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A word that belongs nowhere.
    Stray(String),
    /// Everything else, in words.
    Rule(&'static str),
}

impl UsageError {
    pub(crate) fn value(option: Opt, value: &str, expected: &'static str) -> Self {
        Self::Value {
            option: option.row().long,
            value: value.to_owned(),
            expected,
        }
    }

    /// The exit status.
    pub const fn status(&self) -> u8 {
        match self {
            Self::NoCommand | Self::Word { .. } => STATUS_FAILED,
            Self::SecondCommand(_)
            | Self::Twice(_)
            | Self::Value { .. }
            | Self::Needs { .. }
            | Self::Illegal { .. }
            | Self::Conflict { .. }
            | Self::Stray(_)
            | Self::Rule(_) => STATUS_USAGE,
        }
    }

    /// True where ipvsadm goes on with the next line of a `-R`: it says what popt did not
    /// understand and takes the line for failed.
    pub const fn goes_on(&self) -> bool {
        matches!(self, Self::Word { .. })
    }
}

impl core::fmt::Display for UsageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoCommand => f.write_str(
                "the first option must be a command (-A -E -D -C -R -S -a -e -d -L -Z --set \
                --start-daemon --stop-daemon -h): see `ipvsadm -h`",
            ),
            Self::Word { word, what } => write!(f, "'{word}': {what}"),
            Self::SecondCommand(word) => write!(
                f,
                "'{word}' is a second command: one call does one thing (-R reads many from \
                standard input)"
            ),
            Self::Twice(option) => write!(f, "{} is given more than once", named(option)),
            Self::Value {
                option,
                value,
                expected,
            } => write!(f, "{} does not take '{value}': {expected}", named(option)),
            Self::Needs { who, option } => write!(f, "{} needs {}", named(who), named(option)),
            Self::Illegal { who, option } => {
                write!(f, "{} does not take {}", named(who), named(option))
            }
            Self::Conflict { who, one, other } => write!(
                f,
                "{} takes {} or {}, not both",
                named(who),
                named(one),
                named(other)
            ),
            Self::Stray(word) => write!(f, "unexpected word '{word}': no option takes it"),
            Self::Rule(words) => f.write_str(words),
        }
    }
}

/// A long name with its dashes; what is said in words stays as it is.
fn named(option: &str) -> String {
    if option.contains(' ') {
        option.to_owned()
    } else {
        format!("--{option}")
    }
}

impl core::error::Error for UsageError {}
