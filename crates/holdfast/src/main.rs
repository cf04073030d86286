//! The `holdfast` program: reads the command line, becomes the process it asks for.

mod ask;
mod change;
mod cli;
mod doctor;
mod ipvsadm;
mod prepare;
mod run;

use cli::Command;
use holdfast_supervise::exit;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    // children are started through /proc/self/exe, but pidof and killall know this name
    let _unnamed = nix::sys::prctl::set_name(c"holdfast");
    let mut arguments = std::env::args_os();
    let called_as = arguments.next().as_deref().and_then(ipvsadm::Role::of);
    let arguments: Vec<_> = arguments.collect();
    if let Some(role) = called_as {
        return exit_code(ipvsadm::run(role, arguments));
    }
    let code = match cli::parse(arguments.clone()) {
        Ok(Command::Run(options)) => run::daemon(&options, &arguments),
        Ok(Command::ConfigTest(options)) => run::config_test(&options),
        Ok(Command::Release(options)) => run::release(&options),
        Ok(Command::Compile {
            memfd,
            generation,
            running,
            options,
        }) => run::compile(memfd, generation, running, &options),
        Ok(Command::Recompile {
            memfd,
            generation,
            running,
            form,
            options,
        }) => run::recompile(memfd, generation, (running, form), &options),
        Ok(Command::Upgraded(options, arguments)) => run::upgraded(&options, &arguments),
        Ok(Command::Worker(arguments, options)) => run::worker(&arguments, &options),
        Ok(Command::Script {
            moment,
            memfd,
            options,
        }) => run::script(moment, memfd, &options),
        Ok(Command::ExecAs {
            identity,
            program,
            arguments,
        }) => holdfast_daemon::script::become_script(&identity, &program, &arguments),
        Ok(Command::Check(options)) => holdfast_daemon::load::check(&options),
        Ok(Command::Format { files, check }) => holdfast_daemon::load::format_files(&files, check),
        Ok(Command::Dump { file, config_id }) => {
            holdfast_daemon::load::dump(file.as_deref(), config_id.as_deref())
        }
        Ok(Command::Explain(word)) => explain(&word),
        Ok(Command::Doctor(request)) => doctor::run(&request),
        Ok(Command::RealServer(words)) => prepare::real_server(words),
        Ok(Command::Director(words)) => prepare::director(words),
        Ok(Command::Status(request)) => ask::status(&request),
        Ok(Command::Why(request)) => ask::why(&request),
        Ok(Command::Takeover(request)) => change::takeover(request),
        Ok(Command::Handback(run_dir)) => change::handback(&run_dir),
        Ok(Command::Upgrade(request)) => change::upgrade(&request),
        Ok(Command::Order { command, words }) => ask::order(command, words),
        Ok(Command::Control(arguments, options)) => run::control(&arguments, &options),
        Ok(Command::Ipvsadm(words)) => ipvsadm::run(ipvsadm::Role::Command, words),
        Ok(Command::Completions(shell)) => print(&shell.script()),
        Ok(Command::Help) => print(&cli::help()),
        Ok(Command::SignalNumber(number)) => print(&format!("{number}\n")),
        Ok(Command::Version) => {
            complain(&format!("Holdfast v{}", env!("CARGO_PKG_VERSION")));
            exit::OK
        }
        Err(error) => {
            complain(&format!("holdfast: {error}\nTry 'holdfast --help'."));
            exit::FATAL
        }
    };
    exit_code(code)
}

fn exit_code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))
}

/// A code's page, or a keyword wherever it stands.
fn explain(word: &str) -> i32 {
    match holdfast_daemon::load::explain(word) {
        Some(text) => print(&text),
        None => {
            complain(&format!(
                "holdfast: no keyword and no code is called '{word}'"
            ));
            exit::FATAL
        }
    }
}

fn print(text: &str) -> i32 {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => exit::OK,
        Err(_closed) => exit::FATAL,
    }
}

/// To standard error, where it may be closed.
fn complain(text: &str) {
    let _closed = writeln!(std::io::stderr(), "{text}");
}
