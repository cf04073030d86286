//! `cargo xtask`: everything a person or a machine does with this repository.

mod build;
mod conformance;
mod dist;
mod sim;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test           set the machine up, build, run every test and every lab scenario
cargo xtask lab NAME...    some scenarios (`cargo xtask lab` lists them)
cargo xtask demo           set the machine up, then show a pair of directors live
cargo xtask bench [NAME...] [--minutes N]
                           Holdfast beside keepalived: test, start, stop, reload, flip, idle, checks, large, vrrp
cargo xtask faults [NAME...] [--times N] [--seed N] [--interval SECONDS] [--a PROGRAM] [--slots N]
                           faults at random moments, what is promised of each measured beside keepalived
cargo xtask keywords       every keyword: docs/keywords.md, docs/holdfast.conf.5, docs/holdfast.8,
                           the fuzzers' dictionary
cargo xtask conformance    what the RFCs ask, and the tests that show it: docs/conformance.md
cargo xtask sim [--seeds N] [--from S] [--hours H | --minutes M] [--nodes A-B] [--scenario FILE]
                           routers on a simulated LAN, with faults, judged turn by turn
cargo xtask dist [--binary FILE] [--out DIR]
                           the Debian package (target/dist), of a release build or of FILE
cargo xtask tidy           what the house's rules say about the text of the code
";

/// A line for a person.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::everything(),
        ["lab"] => build::list(),
        ["lab", names @ ..] => build::prepared_lab("run", names),
        ["demo"] => build::prepared_lab("demo", &[]),
        ["bench", names @ ..] => build::prepared_lab("bench", names),
        ["faults", words @ ..] => build::prepared_lab("faults", words),
        ["keywords"] => build::keywords(),
        ["conformance"] => conformance::write(),
        ["sim", words @ ..] => sim::simulate(words),
        ["dist", words @ ..] => dist::dist(words),
        ["tidy"] => tidy::run(),
        _ => {
            print!("{HELP}");
            Ok(words.is_empty() || words == ["help"])
        }
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
    }
}
