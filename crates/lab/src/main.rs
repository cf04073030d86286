//! `holdfast-lab`: runs scenarios, the demo and the benchmark; see `holdfast-lab help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match holdfast_lab::cli::main() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("holdfast-lab: {error}");
            ExitCode::from(2)
        }
    }
}
