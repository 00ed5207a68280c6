//! The terminal as it was: put back when SIGTERM ends a prompt, which the line editor leaves without echo.

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io::{IsTerminal, Write, stdin, stdout};
    use std::os::fd::AsFd;

    use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};

    /// Ends bracketed paste, and the line that was typed.
    const LEAVE: &[u8] = b"\x1b[?2004l\r\n";

    /// Remembers how the terminal is now, and gives what puts it back.
    pub fn putting_back() -> Box<dyn FnOnce() + Send> {
        let Ok(mode) = tcgetattr(stdin()) else {
            return Box::new(|| ());
        };
        let out = stdout()
            .is_terminal()
            .then(|| stdout().as_fd().try_clone_to_owned().ok());
        let out = out.flatten().map(File::from);
        // A terminal that can't be set is gone, and there is nothing to put back.
        Box::new(move || {
            let _ = tcsetattr(stdin(), SetArg::TCSANOW, &mode);
            if let Some(mut out) = out {
                let _ = out.write_all(LEAVE);
            }
        })
    }
}

#[cfg(unix)]
pub use unix::putting_back;

#[cfg(not(unix))]
pub fn putting_back() -> Box<dyn FnOnce() + Send> {
    Box::new(|| ())
}
