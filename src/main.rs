//! Arguments in, exit status out.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(capuchin::cli::run(std::env::args_os()))
}
