//! The mayday command.

fn main() -> std::process::ExitCode {
    mayday::cli::main()
}
