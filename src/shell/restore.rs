//! The terminal as it was: put back when SIGTERM ends a prompt, which the line editor leaves without echo.

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{self, IsTerminal, Write, stdin, stdout};
    use std::os::fd::AsFd;

    use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
    use signal_hook::consts::SIGTERM;
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Ends bracketed paste, and the line that was typed.
    const LEAVE: &[u8] = b"\x1b[?2004l\r\n";

    /// Remembers how the terminal is now; a thread waits for the signal from here on.
    pub fn on_termination() -> io::Result<()> {
        let Ok(mode) = tcgetattr(stdin()) else {
            return Ok(());
        };
        let mut out = stdout()
            .is_terminal()
            .then(|| stdout().as_fd().try_clone_to_owned().map(File::from))
            .transpose()?;
        let mut signals = Signals::new([SIGTERM])?;
        // A terminal that can't be set is gone, and the signal has its effect all the same.
        let wait = move || {
            if signals.forever().next().is_some() {
                let _ = tcsetattr(stdin(), SetArg::TCSANOW, &mode);
                if let Some(out) = &mut out {
                    let _ = out.write_all(LEAVE);
                }
                let _ = emulate_default_handler(SIGTERM);
            }
        };
        std::thread::Builder::new()
            .name("termination".into())
            .spawn(wait)
            .map(|_| ())
    }
}

#[cfg(unix)]
pub use unix::on_termination;

#[cfg(not(unix))]
pub fn on_termination() -> std::io::Result<()> {
    Ok(())
}
